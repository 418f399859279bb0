-- The forecast of all sales in words.
SELECT DISTINCT measure, reading
FROM results.demand_forecast
WHERE level = 'total' AND as_of = (SELECT max(as_of) FROM results.demand_forecast)
ORDER BY measure
