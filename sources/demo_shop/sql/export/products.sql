-- The catalogue, with dirty copies.
WITH chosen AS (
    SELECT products.*, dirt_kinds.kind, dirt_kinds.expected_outcome
    FROM (
        SELECT *, row_number() OVER (ORDER BY draw('dirty product', product_index)) - 1 AS place
        FROM world.products
    ) AS products
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'products' AND dirt_kinds.kind_index = place % kind_count
    WHERE place < greatest(kind_count, $product_count // 100)
),

rows AS (
    SELECT
        product_index, 1 AS is_clean, sku, name, description, category_path,
        list_price::VARCHAR AS list_price, NULL::VARCHAR AS dirt_kind
    FROM world.products
    UNION ALL
    SELECT
        product_index,
        0,
        CASE
            WHEN kind = 'missing product' THEN NULL
            WHEN expected_outcome = 'duplicate' THEN sku
            ELSE sku || '-2'
        END,
        CASE kind WHEN 'broken encoding' THEN left(name, 2) || chr(65533) || substr(name, 4) ELSE name END,
        description,
        category_path,
        CASE kind WHEN 'price in letters' THEN 'on request' ELSE list_price::VARCHAR END,
        kind
    FROM chosen
)

SELECT sku, name, description, category_path, list_price, dirt_kind
FROM rows
ORDER BY product_index, is_clean
