-- Customers who appear on order lines but not in the shop's list.
SELECT
    customer_id,
    arg_max(country, (ordered_at, country)) AS country
FROM core.order_lines
WHERE
    customer_id IS NOT NULL
    AND customer_id NOT IN (SELECT customer_id FROM core.customers WHERE NOT is_derived)
GROUP BY customer_id
