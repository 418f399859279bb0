-- Units and price of each product in each week with a sale.
SELECT
    product_code,
    sum(quantity)::BIGINT AS unit_count,
    median(unit_price::DOUBLE) AS unit_price,
    date_trunc('week', ordered_on)::DATE AS week_on
FROM features.sales
WHERE unit_price > 0
GROUP BY product_code, week_on
