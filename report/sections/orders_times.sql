-- Orders by weekday (1 is Monday) and hour in the shop's time zone, over the last year.
WITH orders AS (
    SELECT timezone($time_zone, timezone('UTC', ordered_at)) AS ordered_at
    FROM core.orders
    WHERE is_sale AND ordered_on > $as_of - 365 AND ordered_on <= $as_of
)

SELECT isodow(ordered_at) AS weekday, hour(ordered_at) AS hour, count(*) AS order_count
FROM orders
GROUP BY ALL
ORDER BY weekday, hour
