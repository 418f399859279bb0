-- The customers who bought a product, numbered.
WITH buyers AS (
    SELECT
        customer_id,
        count(*) AS order_count,
        max(ordered_on) AS last_ordered_on
    FROM features.known_orders
    WHERE is_sale AND customer_id IS NOT NULL
    GROUP BY customer_id
)

SELECT
    (row_number() OVER (ORDER BY customer_id) - 1)::INTEGER AS customer_code,
    customer_id,
    order_count,
    last_ordered_on
FROM buyers
