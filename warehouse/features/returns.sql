-- What buyers had sent back by $as_of, line by line.
WITH orders AS (
    SELECT
        known_orders.order_id,
        buyers.customer_code,
        known_orders.bucket
    FROM features.known_orders
    INNER JOIN features.buyers USING (customer_id)
),

cancelling AS (
    SELECT return_order_id AS order_id, return_line_id AS line_id
    FROM core.undone_sales
    WHERE undone_on <= $as_of
    GROUP BY return_order_id, return_line_id
    HAVING NOT bool_or(was_demand)
)

SELECT
    orders.customer_code,
    lines.amount,
    cancelling.order_id IS NOT NULL AS is_cancellation,
    lines.ordered_on,
    orders.bucket
FROM core.order_lines AS lines
INNER JOIN orders USING (order_id)
LEFT JOIN cancelling ON cancelling.order_id = lines.order_id AND cancelling.line_id = lines.line_id
WHERE lines.line_kind = 'return' AND lines.ordered_on <= $as_of
