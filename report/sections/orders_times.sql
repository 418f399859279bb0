-- Orders by weekday (1 is Monday) and hour in the shop's time zone, over the last year of the data.
WITH last_day AS (
    SELECT max(ordered_on) AS last_on
    FROM core.orders
),

orders AS (
    SELECT timezone($time_zone, timezone('UTC', orders.ordered_at)) AS ordered_at
    FROM core.orders AS orders
    CROSS JOIN last_day
    WHERE orders.is_sale AND orders.ordered_on > last_day.last_on - 365
)

SELECT isodow(ordered_at) AS weekday, hour(ordered_at) AS hour, count(*) AS order_count
FROM orders
GROUP BY ALL
ORDER BY weekday, hour
