-- Orders split by the categories of their lines.
SELECT
    sales.order_code,
    any_value(sales.customer_code) AS customer_code,
    product_codes.category_code,
    product_codes.is_product,
    sum(sales.quantity) AS unit_count,
    sum(sales.amount) AS sales_amount,
    any_value(sales.placed_on) AS placed_on,
    sales.ordered_on
FROM features.sales
INNER JOIN features.product_codes USING (product_code)
WHERE EXISTS (SELECT 1 FROM core.products WHERE category IS NOT NULL)
GROUP BY sales.order_code, product_codes.category_code, product_codes.is_product, sales.ordered_on
