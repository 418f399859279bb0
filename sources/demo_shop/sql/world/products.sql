-- The catalogue. Popularity falls with the rank in the leaf; products in bundles are less popular on their own.
WITH words AS (
    SELECT
        ['Nordic', 'Vintage', 'Classic', 'Rustic', 'Modern', 'Little', 'Grand', 'Sunny', 'Alpine', 'Harbour',
         'Meadow', 'Midnight', 'Golden', 'Quiet', 'Botanical', 'Artisan', 'Coastal', 'Heritage', 'Urban', 'Winter']
            AS styles,
        ['Blue', 'Ivory', 'Sage', 'Terracotta', 'Slate', 'Rose', 'Mustard', 'Teal', 'Walnut', 'Coral', 'Plum', 'Sand']
            AS colours,
        ['', ' Small', ' Large', ' Duo', ' Deluxe'] AS sizes
),

numbered AS (
    SELECT product_index, product_index % 24 AS leaf_index, product_index // 24 AS leaf_rank
    FROM range($product_count) AS products (product_index)
),

named AS (
    SELECT
        numbered.*,
        categories.* EXCLUDE (leaf_index),
        -- The colour moves on by one whenever the styles have come round: 240 pairs in a leaf.
        styles[1 + (leaf_rank + 7 * leaf_index) % 20] AS style,
        colours[1 + (leaf_rank % 20 + leaf_rank // 20 + 5 * leaf_index) % 12] AS colour,
        sizes[1 + (leaf_rank // 240) % 5] AS size,
        leaf_rank // 1200 AS edition
    FROM numbered
    INNER JOIN planted.categories USING (leaf_index)
    CROSS JOIN words
)

SELECT
    product_index::INTEGER AS product_index,
    category_index::INTEGER AS category_index,
    'SKU-' || (10001 + product_index) AS sku,
    concat(style, ' ', colour, ' ', noun, size, CASE WHEN edition > 0 THEN ' No. ' || (edition + 1) END) AS name,
    concat(
        CASE WHEN style[1] IN ('A', 'U') THEN 'An ' ELSE 'A ' END,
        lower(style), ' ', lower(noun), ' in ', lower(colour), ', made for ', purpose, '. ',
        ['Carefully finished by hand.', 'Easy to clean, made to last.', 'A gift that is always right.',
         'From a small family workshop.', 'Part of our ' || lower(style) || ' collection.'
        ][1 + pick('description', product_index, 5)]
    ) AS description,
    category,
    category_path,
    elasticity,
    (floor(typical_price * exp(1.2 * (draw('price', product_index) - 0.5))) + 0.95)::DECIMAL(18, 2) AS list_price,
    draw('quality', product_index) AS quality,
    (1 + leaf_rank) ** -0.6
        * CASE WHEN product_index IN (SELECT product_index FROM world.bundle_members) THEN 0.25 ELSE 1.0 END
        AS popularity
FROM named
ORDER BY product_index
