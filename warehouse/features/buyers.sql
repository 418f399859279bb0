-- The customers who bought a product, numbered from the first: a new one gets the next number.
WITH buyers AS (
    SELECT
        customer_id,
        count(*) AS order_count,
        min(ordered_on) AS first_ordered_on,
        max(ordered_on) AS last_ordered_on
    FROM features.known_orders
    WHERE is_sale AND customer_id IS NOT NULL
    GROUP BY customer_id
)

SELECT
    (row_number() OVER (ORDER BY first_ordered_on, customer_id) - 1)::INTEGER AS customer_code,
    customer_id,
    order_count,
    first_ordered_on,
    last_ordered_on
FROM buyers
