-- One month's order lines as the shop exports them: products, postage, credit notes, and among them dirty copies.
-- A copy stands before the line it was made from, so that of duplicates the clean one comes last.
WITH clean AS (
    SELECT
        ordered_at AS sorted_at, order_index, 0 AS block, line_number, line_count,
        'O' || (10000001 + order_index) AS order_number, sku, customer_number, ordered_at, quantity, unit_price,
        country, true AS may_be_dirty
    FROM month.lines
    UNION ALL
    SELECT
        ordered_at, order_index, 0, line_count + 1, line_count,
        'O' || (10000001 + order_index), 'POSTAGE', customer_number, ordered_at, 1, 4.95, country, false
    FROM month.lines
    WHERE has_postage AND line_number = 1
    UNION ALL
    SELECT
        ordered_at, order_index, 1, line_number, NULL,
        'R' || (10000001 + order_index), sku, customer_number, ordered_at, quantity, unit_price, country, false
    FROM world.returns
    WHERE month_index = $month_index
),

chosen AS (
    SELECT
        *,
        ($dirt_before + row_number() OVER (ORDER BY order_index, line_number) - 1)
            % (SELECT count(*) FROM planted.dirt_kinds WHERE table_name = 'order_lines') AS kind_index
    FROM clean
    WHERE may_be_dirty AND draw('dirty', line_key(order_index, line_number)) < 0.0108
),

dirty AS (
    SELECT
        chosen.* EXCLUDE (kind_index, order_number, sku, quantity, unit_price, country, line_number, line_count),
        kind,
        line_number AS sorted_line_number,
        -- A number of its own, so that a mended row collides with no other.
        CASE WHEN expected_outcome = 'duplicate' THEN line_number ELSE line_count + 1 + line_number END::VARCHAR
            AS line_number,
        CASE kind WHEN 'missing order number' THEN NULL ELSE order_number END AS order_number,
        CASE kind
            WHEN 'missing product' THEN NULL
            WHEN 'unknown product' THEN 'SKU-X' || substr(sku, 5)
            ELSE sku
        END AS sku,
        CASE kind
            WHEN 'missing time' THEN NULL
            WHEN 'impossible date' THEN strftime(ordered_at, '%Y-02-30 %H:%M:%S')
            WHEN 'year out of range'
                THEN ['1899', '2999'][1 + order_index % 2] || strftime(ordered_at, '-12-31 %H:%M:%S')
            WHEN 'near duplicate' THEN time_text(ordered_at + to_seconds([1, 0, 0][1 + order_index % 3]))
            ELSE time_text(ordered_at)
        END AS ordered_at_text,
        CASE kind
            WHEN 'quantity in words' THEN 'three'
            WHEN 'quantity out of range' THEN '99999999'
            WHEN 'zero quantity' THEN '0'
            ELSE quantity::VARCHAR
        END AS quantity,
        CASE kind
            WHEN 'price in letters' THEN 'abc'
            WHEN 'negative price' THEN (-unit_price)::VARCHAR
            ELSE unit_price::VARCHAR
        END AS unit_price,
        CASE kind
            WHEN 'broken encoding' THEN left(country, 2) || chr(65533) || substr(country, 4)
            WHEN 'near duplicate' THEN [country, lower(country), country || '  '][1 + order_index % 3]
            ELSE country
        END AS country
    FROM chosen
    INNER JOIN planted.dirt_kinds ON dirt_kinds.table_name = 'order_lines' AND dirt_kinds.kind_index = chosen.kind_index
),

rows AS (
    SELECT
        sorted_at, order_index, block, line_number AS sorted_line_number, 1 AS is_clean,
        order_number, line_number::VARCHAR AS line_number, sku, customer_number,
        time_text(ordered_at) AS ordered_at, quantity::VARCHAR AS quantity,
        unit_price::DECIMAL(18, 2)::VARCHAR AS unit_price, country, NULL::VARCHAR AS dirt_kind
    FROM clean
    UNION ALL
    SELECT
        sorted_at, order_index, block, sorted_line_number, 0,
        order_number, line_number, sku, customer_number, ordered_at_text, quantity, unit_price, country, kind
    FROM dirty
)

SELECT order_number, line_number, sku, customer_number, ordered_at, quantity, unit_price, country, dirt_kind
FROM rows
ORDER BY sorted_at, order_index, block, sorted_line_number, is_clean
