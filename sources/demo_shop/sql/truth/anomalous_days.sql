-- One row per planted anomalous day.
SELECT day, kind, orders_factor, returned_share
FROM planted.anomalous_days
ORDER BY day
