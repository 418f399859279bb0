-- One row per weekday (1 is Monday), per month, and one for the growth in a year: factors on the rate of orders.
SELECT kind, position, factor::DOUBLE AS factor
FROM planted.seasonality
ORDER BY kind, position
