-- One row: how large orders are, and how much of the total the largest tenth brings.
WITH priced AS (
    SELECT count(sales_amount) > 0 AS has_prices
    FROM core.orders
    WHERE is_sale AND ordered_on <= $as_of
),

orders AS (
    SELECT CASE WHEN priced.has_prices THEN orders.sales_amount::DOUBLE ELSE orders.unit_count END AS value
    FROM core.orders AS orders
    CROSS JOIN priced
    WHERE orders.is_sale AND orders.ordered_on <= $as_of
),

limits AS (
    SELECT
        count(*) AS order_count,
        median(value) AS median_value,
        avg(value) AS mean_value,
        quantile_cont(value, 0.9) AS large_value,
        sum(value) AS total_value
    FROM orders
)

SELECT
    priced.has_prices,
    limits.order_count,
    limits.median_value,
    limits.mean_value,
    limits.large_value,
    (SELECT sum(value) FROM orders WHERE value >= limits.large_value) / nullif(limits.total_value, 0) AS large_share
FROM limits
CROSS JOIN priced
