-- The shop's months, in total and by category, country, customer type and customer tenure.
WITH bounds AS (
    SELECT
        min(ordered_on) AS first_on,
        least(max(ordered_on) + 3, $as_of::DATE) AS last_on
    FROM features.known_orders
    WHERE is_sale
),

-- A shop that knows no member at all does not know the dimension.
known_dimensions AS (
    SELECT DISTINCT dimension
    FROM features.month_parts
    WHERE member <> 'unknown' OR dimension IN ('category', 'customer_type')
)

SELECT
    month_parts.* REPLACE (
        -- Rounded, so that the order in which threads add numbers up does not show.
        round(month_parts.value_squares, 4) AS value_squares,
        round(month_parts.value_products, 4) AS value_products
    ),
    bounds.first_on <= month_parts.month_on + 3 AND last_day(month_parts.month_on) <= bounds.last_on AS is_complete
FROM features.month_parts
SEMI JOIN known_dimensions USING (dimension)
CROSS JOIN bounds
