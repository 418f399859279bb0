-- How many orders of several products each day had, and how many all days before it: the number of its first one.
SELECT
    count(*) AS order_count,
    coalesce(sum(count(*)) OVER (ORDER BY ordered_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
        AS first_order_code,
    ordered_on AS placed_on
FROM features.known_orders
WHERE is_sale AND product_count > 1
GROUP BY ordered_on
