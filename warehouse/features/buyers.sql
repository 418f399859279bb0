-- The customers who bought a product, numbered.
WITH buyers AS (
    SELECT
        customer_id,
        count(DISTINCT order_id) AS order_count,
        max(ordered_on) AS last_ordered_on
    FROM core.order_lines
    WHERE line_kind = 'sale' AND is_product AND customer_id IS NOT NULL AND ordered_on <= $as_of
    GROUP BY customer_id
)

SELECT
    (row_number() OVER (ORDER BY customer_id) - 1)::INTEGER AS customer_code,
    customer_id,
    order_count,
    last_ordered_on
FROM buyers
