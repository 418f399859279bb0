-- What to show beside the products that are recommended most.
WITH products AS (
    SELECT product_id, count(*) AS customer_count
    FROM results.recommendations
    GROUP BY product_id
),

shown AS (
    SELECT alike.product_id, coalesce(max(products.customer_count), 0) AS customer_count
    FROM results.similar_products AS alike
    LEFT JOIN products ON alike.product_id = products.product_id
    GROUP BY alike.product_id
    ORDER BY customer_count DESC, alike.product_id
    LIMIT 6
)

SELECT alike.product_name, alike.similar_product_name, alike.reason, alike.similarity
FROM results.similar_products AS alike
INNER JOIN shown ON alike.product_id = shown.product_id
WHERE alike.similarity_rank <= 3
ORDER BY shown.customer_count DESC, alike.product_id, alike.similarity_rank
