-- What the next 28 days are expected to sell: the forecast series below the total, by units.
SELECT
    level,
    series_name,
    model,
    sum(forecast) AS expected,
    sum(upper_80) AS cautious
FROM results.demand_forecast
WHERE level <> 'total'
    AND measure = 'units'
    AND (horizon_step - 1) * period_days < 28
    AND as_of = (SELECT max(as_of) FROM results.demand_forecast)
GROUP BY level, series_id, series_name, model
ORDER BY level DESC, expected DESC, series_name
LIMIT 12
