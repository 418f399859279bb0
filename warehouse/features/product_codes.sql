-- The products sold by $as_of, numbered from the first: a new one gets the next number.
WITH sold AS (
    SELECT product_id, min(ordered_on) AS first_sold_on
    FROM core.order_lines
    WHERE line_kind = 'sale' AND ordered_on <= $as_of
    GROUP BY product_id
)

SELECT
    (row_number() OVER (ORDER BY sold.first_sold_on, sold.product_id) - 1)::INTEGER AS product_code,
    sold.product_id,
    coalesce(products.is_product, false) AS is_product,
    products.category,
    CASE WHEN products.category IS NOT NULL THEN dense_rank() OVER (ORDER BY products.category) END::INTEGER
        AS category_code
FROM sold
LEFT JOIN core.products AS products USING (product_id)
