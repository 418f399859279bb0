-- What each category sold on each day, in sums that add up over the buckets.
SELECT
    category_code,
    count(*) AS order_count,
    sum(unit_count) AS unit_count,
    sum(sales_amount) AS sales_amount,
    ordered_on
FROM features.order_categories
WHERE is_product AND category_code IS NOT NULL
GROUP BY category_code, ordered_on
