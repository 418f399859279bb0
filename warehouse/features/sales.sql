-- What was sold by $as_of, line by line: the one place that says which lines are sales.
-- All of an order belongs to the customer whom the order has.
WITH orders AS (
    SELECT
        known_orders.order_id,
        known_orders.order_code,
        buyers.customer_code,
        known_orders.ordered_on AS placed_on,
        -- As many products as lines: none of them comes twice.
        known_orders.line_count <> known_orders.product_count AS has_repeats,
        known_orders.bucket
    FROM features.known_orders
    LEFT JOIN features.buyers USING (customer_id)
    WHERE known_orders.is_sale
)

SELECT
    orders.order_code,
    orders.customer_code,
    product_codes.product_code,
    lines.quantity,
    lines.unit_price,
    lines.amount,
    orders.has_repeats,
    orders.placed_on,
    lines.ordered_on,
    orders.bucket
FROM core.order_lines AS lines
INNER JOIN orders USING (order_id)
INNER JOIN features.product_codes USING (product_id)
WHERE lines.line_kind = 'sale' AND lines.ordered_on <= $as_of
