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
    (quantity * unit_price)::DECIMAL(18, 4) AS amount
FROM known
