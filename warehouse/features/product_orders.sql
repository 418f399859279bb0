-- How many orders of each day hold each product, in sums that add up over the buckets.
SELECT
    product_code,
    count(*) AS order_count,
    placed_on
FROM features.purchases
GROUP BY product_code, placed_on
