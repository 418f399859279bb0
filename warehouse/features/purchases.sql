-- Which order bought which product: sales without the lines that only repeat a product.
SELECT
    order_code,
    customer_code,
    product_code,
    quantity AS unit_count,
    placed_on,
    ordered_on
FROM features.sales
WHERE NOT has_repeats
UNION ALL BY NAME
SELECT
    order_code,
    any_value(customer_code) AS customer_code,
    product_code,
    sum(quantity)::BIGINT AS unit_count,
    any_value(placed_on) AS placed_on,
    min(ordered_on) AS ordered_on
FROM features.sales
WHERE has_repeats
GROUP BY order_code, product_code
