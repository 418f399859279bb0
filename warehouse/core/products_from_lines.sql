-- Product codes that appear on order lines but not in the shop's catalogue.
SELECT
    product_id,
    -- The latest name wins; the longer one where two were used at the same time.
    arg_max(product_name, (ordered_at, length(product_name), product_name)) FILTER (
        WHERE product_name IS NOT NULL AND line_kind IN ('sale', 'charge', 'return')
    ) AS name,
    bool_and(is_product) AS is_product,
    (median(unit_price) FILTER (WHERE line_kind = 'sale'))::DECIMAL(18, 4) AS list_price
FROM core.order_lines
WHERE product_id NOT IN (SELECT product_id FROM core.products WHERE NOT is_derived)
GROUP BY product_id
