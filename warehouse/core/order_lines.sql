-- What each typed line of a source is. Only the patterns of the source tell products from charges.
WITH known AS (
    SELECT
        typed.* REPLACE (
            -- Without line numbers the content identifies the line: the same row again is the same line.
            coalesce(
                line_id,
                md5(concat_ws(
                    chr(31), product_id, coalesce(customer_id, ''), ordered_at, coalesce(quantity, 1),
                    coalesce(unit_price::VARCHAR, ''), coalesce(product_name, ''), coalesce(country, '')
                ))
            ) AS line_id,
            coalesce(quantity, 1) AS quantity
        ),
        $product_pattern = '' OR regexp_matches(product_id, $product_pattern) AS is_product,
        $return_pattern <> '' AND regexp_matches(order_id, $return_pattern) AS on_credit_note
    FROM typed
)

SELECT
    known.* EXCLUDE (on_credit_note),
    CASE
        WHEN NOT is_product AND unit_price < 0 THEN 'adjustment'
        WHEN NOT is_product THEN 'charge'
        WHEN unit_price = 0 AND quantity < 0 AND NOT on_credit_note THEN 'write_off'
        WHEN on_credit_note OR quantity < 0 THEN 'return'
        WHEN unit_price = 0 THEN 'free'
        ELSE 'sale'
    END AS line_kind,
    line_kind = 'return' AS is_return,
    -- Of narrow factors the product is a narrow one, which is several times faster; what no amount can hold has none.
    CASE
        WHEN quantity BETWEEN -9999 AND 9999 AND unit_price BETWEEN -1000000000 AND 1000000000
            THEN CAST(quantity AS DECIMAL(4, 0)) * CAST(unit_price AS DECIMAL(14, 4))
        ELSE TRY_CAST(quantity * unit_price AS DECIMAL(18, 4))
    END AS amount
FROM known
