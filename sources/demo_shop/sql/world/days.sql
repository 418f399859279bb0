-- The calendar with the shop's own time: a day is as long as orders are frequent on it, 10^9 on an average day.
WITH calendar AS (
    SELECT unnest(generate_series($first_day::DATE, $last_day::DATE, INTERVAL 1 DAY))::DATE AS day
),

factors AS (
    SELECT
        calendar.day,
        weekdays.factor * months.factor * trend.factor ** ((calendar.day - $first_day::DATE) / 365.0) AS factor,
        coalesce(anomalous_days.orders_factor, 1.0) AS anomaly_factor,
        coalesce(anomalous_days.returned_share, 0.0) AS returned_share
    FROM calendar
    INNER JOIN planted.seasonality AS weekdays
        ON weekdays.kind = 'weekday' AND weekdays.position = isodow(calendar.day)
    INNER JOIN planted.seasonality AS months
        ON months.kind = 'month' AND months.position = month(calendar.day)
    INNER JOIN planted.seasonality AS trend
        ON trend.kind = 'trend'
    LEFT JOIN planted.anomalous_days
        ON anomalous_days.day = calendar.day
),

lengths AS (
    SELECT
        *,
        -- Whole numbers, so that sums don't depend on the order they are added in.
        round(1e9 * anomaly_factor * factor / mean_factor)::BIGINT AS length
    FROM factors
    CROSS JOIN (SELECT avg(factor::DECIMAL(18, 9)) AS mean_factor FROM factors)
)

SELECT
    (day - $first_day::DATE)::INTEGER AS day_index,
    datediff('month', $first_day::DATE, day)::INTEGER AS month_index,
    day,
    returned_share,
    (sum(length) OVER (ORDER BY day) - length)::BIGINT AS time_from,
    sum(length) OVER (ORDER BY day)::BIGINT AS time_to
FROM lengths
ORDER BY day
