-- The products recommended to most customers who have not bought them yet, with the reason given most often.
WITH reasons AS (
    SELECT product_id, any_value(product_name) AS product_name, reason, count(*) AS customer_count
    FROM results.recommendations
    WHERE NOT is_repeat
    GROUP BY product_id, reason
)

SELECT
    product_id,
    min(product_name) AS product_name,
    sum(customer_count)::BIGINT AS customer_count,
    arg_max(reason, (customer_count, reason)) AS reason
FROM reasons
GROUP BY product_id
ORDER BY customer_count DESC, product_id
LIMIT 15
