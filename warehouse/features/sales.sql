-- What was sold by $as_of and stays sold, line by line: the one place that says which lines are sales.
-- All of an order belongs to the customer whom the order has.
WITH undone AS (
    SELECT
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        sum(undone_unit_count)::BIGINT AS unit_count,
        sum(undone_amount) AS amount
    FROM core.undone_sales
    WHERE undone_on <= $as_of
    GROUP BY sale_order_id, sale_line_id
),

orders AS (
    SELECT
        known_orders.order_id,
        known_orders.order_code,
        buyers.customer_code,
        known_orders.ordered_on AS placed_on,
        -- As many products that stay sold as lines: none of them comes twice.
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
    lines.quantity - coalesce(undone.unit_count, 0) AS quantity,
    lines.unit_price,
    lines.amount - coalesce(undone.amount, 0) AS amount,
    orders.has_repeats,
    orders.placed_on,
    lines.ordered_on,
    orders.bucket
FROM core.order_lines AS lines
INNER JOIN orders USING (order_id)
INNER JOIN features.product_codes USING (product_id)
LEFT JOIN undone ON undone.order_id = lines.order_id AND undone.line_id = lines.line_id
WHERE lines.line_kind = 'sale' AND lines.ordered_on <= $as_of AND lines.quantity > coalesce(undone.unit_count, 0)
