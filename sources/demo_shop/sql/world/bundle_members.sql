-- Two bundles of two products, then one of three, and so on; no product is in two bundles.
WITH positions AS (
    SELECT
        bundle_index,
        CASE WHEN bundle_index % 3 = 2 THEN 3 ELSE 2 END AS bundle_size,
        unnest(range(CASE WHEN bundle_index % 3 = 2 THEN 3 ELSE 2 END)) AS position
    FROM range($bundle_count) AS bundles (bundle_index)
),

numbered_positions AS (
    SELECT *, row_number() OVER (ORDER BY bundle_index, position) AS place
    FROM positions
),

shuffled_products AS (
    SELECT product_index, row_number() OVER (ORDER BY draw('bundled', product_index)) AS place
    FROM range($product_count) AS products (product_index)
)

SELECT
    numbered_positions.bundle_index,
    numbered_positions.bundle_size,
    numbered_positions.position::INTEGER AS position,
    shuffled_products.product_index
FROM numbered_positions
INNER JOIN shuffled_products USING (place)
ORDER BY bundle_index, position
