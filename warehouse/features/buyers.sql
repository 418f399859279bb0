-- The customers who bought a product, numbered from the first: a new one gets the next number, and nobody loses one by
-- sending back what was bought.
WITH buyers AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE is_sale) AS order_count,
        coalesce(min(ordered_on) FILTER (WHERE is_sale), min(ordered_on)) AS first_ordered_on,
        coalesce(max(ordered_on) FILTER (WHERE is_sale), max(ordered_on)) AS last_ordered_on,
        min(ordered_on) AS first_placed_on
    FROM features.known_orders
    WHERE was_sale AND customer_id IS NOT NULL
    GROUP BY customer_id
)

SELECT
    (row_number() OVER (ORDER BY first_placed_on, customer_id) - 1)::INTEGER AS customer_code,
    customer_id,
    order_count,
    first_ordered_on,
    last_ordered_on
FROM buyers
