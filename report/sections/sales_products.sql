-- What the days ahead are expected to sell: the forecast series below the total, by units.
SELECT
    level,
    series_name,
    model,
    day_count,
    expected,
    upper_80 AS cautious
FROM results.demand_totals
WHERE level IN ('category', 'product')
    AND measure = 'units'
    AND as_of = (SELECT max(as_of) FROM results.demand_totals)
ORDER BY level DESC, expected DESC, series_name
LIMIT 12
