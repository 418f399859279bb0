-- What buyers had sent back by $as_of, line by line.
WITH orders AS (
    SELECT
        known_orders.order_id,
        buyers.customer_code,
        known_orders.bucket
    FROM features.known_orders
    INNER JOIN features.buyers USING (customer_id)
)

SELECT
    orders.customer_code,
    lines.amount,
    lines.ordered_on,
    orders.bucket
FROM core.order_lines AS lines
INNER JOIN orders USING (order_id)
WHERE lines.line_kind = 'return' AND lines.ordered_on <= $as_of
