-- The last periods of the history and the forecast of the same measure, one row per period.
WITH bounds AS (
    SELECT max(metric_on) AS last_on, count(sales_amount) > 0 AS has_prices
    FROM core.daily_metrics
    WHERE metric_on <= $as_of
),

forecasts AS (
    SELECT
        forecast_on,
        period_days,
        forecast,
        lower_80,
        upper_80,
        lower_95,
        upper_95
    FROM results.demand_forecast
    CROSS JOIN bounds
    WHERE level = 'total'
        AND measure = CASE WHEN has_prices THEN 'amount' ELSE 'units' END
        AND as_of = (SELECT max(as_of) FROM results.demand_forecast)
),

grains AS (
    SELECT max(period_days) AS period_days, min(forecast_on) AS first_on
    FROM forecasts
    HAVING count(*) > 0
),

unusual_days AS (
    SELECT happened_on AS metric_on, array_to_string(list(reason ORDER BY score DESC, subject)[:3], ' ') AS reason
    FROM results.anomalies
    WHERE kind = 'day'
    GROUP BY happened_on
),

days AS (
    SELECT
        grains.period_days,
        days.metric_on - (
            ((days.metric_on - grains.first_on) % grains.period_days + grains.period_days) % grains.period_days
        )::INTEGER AS period_on,
        CASE WHEN bounds.has_prices THEN days.sales_amount::DOUBLE ELSE days.unit_count END AS sold,
        unusual_days.reason
    FROM core.daily_metrics AS days
    CROSS JOIN bounds
    CROSS JOIN grains
    LEFT JOIN unusual_days ON days.metric_on = unusual_days.metric_on
    WHERE days.metric_on > bounds.last_on - 120 * (CASE WHEN grains.period_days = 1 THEN 1 ELSE 4 END)
        AND days.metric_on <= bounds.last_on
        AND days.metric_on < grains.first_on
)

SELECT
    'history' AS part,
    period_on,
    period_days,
    sum(sold) AS value,
    NULL AS lower_80,
    NULL AS upper_80,
    NULL AS lower_95,
    NULL AS upper_95,
    string_agg(reason, ' ' ORDER BY reason) AS unusual
FROM days
GROUP BY period_on, period_days
HAVING count(*) = period_days
UNION ALL
SELECT
    'forecast' AS part,
    forecast_on AS period_on,
    period_days,
    forecast AS value,
    lower_80,
    upper_80,
    lower_95,
    upper_95,
    NULL AS unusual
FROM forecasts
ORDER BY period_on
