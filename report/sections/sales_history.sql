-- Sales and returns over the whole history in days, weeks or months: a few hundred complete periods at most.
WITH bounds AS (
    SELECT min(metric_on) AS first_on, max(metric_on) AS last_on, count(sales_amount) > 0 AS has_prices
    FROM core.daily_metrics
    WHERE metric_on <= $as_of
),

grains AS (
    SELECT
        first_on,
        last_on,
        has_prices,
        CASE
            WHEN last_on - first_on < 120 THEN 'day'
            WHEN last_on - first_on < 1500 THEN 'week'
            ELSE 'month'
        END AS grain
    FROM bounds
),

unusual_days AS (
    SELECT happened_on AS metric_on, array_to_string(list(reason ORDER BY score DESC, subject)[:3], ' ') AS reason
    FROM results.anomalies
    WHERE kind = 'day'
    GROUP BY happened_on
),

days AS (
    SELECT
        grains.grain,
        date_trunc(grains.grain, days.metric_on)::DATE AS period_on,
        CASE WHEN grains.has_prices THEN days.sales_amount::DOUBLE ELSE days.unit_count END AS sold,
        CASE WHEN grains.has_prices THEN days.returns_amount::DOUBLE END AS returned,
        unusual_days.metric_on AS unusual_on,
        unusual_days.reason
    FROM core.daily_metrics AS days
    CROSS JOIN grains
    LEFT JOIN unusual_days ON days.metric_on = unusual_days.metric_on
    WHERE days.metric_on <= grains.last_on
),

periods AS (
    SELECT
        grain,
        period_on,
        CASE grain WHEN 'day' THEN period_on + 1 WHEN 'week' THEN period_on + 7
            ELSE (period_on + INTERVAL 1 MONTH)::DATE END AS next_on,
        sum(sold) AS sold,
        sum(returned) AS returned,
        count(unusual_on) AS unusual_count,
        arg_min(reason, unusual_on) AS first_reason
    FROM days
    GROUP BY grain, period_on
)

SELECT
    grain,
    period_on,
    unnest(['Sales', 'Returns']) AS series,
    unnest([sold, returned]) AS value,
    CASE
        WHEN unusual_count > 1 THEN first_reason || ' And ' || (unusual_count - 1) || ' more unusual days.'
        ELSE first_reason
    END AS unusual
FROM periods
CROSS JOIN bounds
WHERE period_on >= first_on AND next_on <= last_on + 1
ORDER BY period_on, series
