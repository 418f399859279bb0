-- The first recommendations of a few customers who may be contacted: those of whom most is expected, if known.
WITH customers AS (
    SELECT first_places.customer_id
    FROM results.recommendations AS first_places
    LEFT JOIN results.customer_value AS worth ON first_places.customer_id = worth.customer_id
    WHERE first_places.recommendation_rank = 1 AND first_places.may_contact
    ORDER BY worth.expected_value_365d DESC NULLS LAST, worth.expected_purchases_365d DESC NULLS LAST,
        first_places.customer_id
    LIMIT 5
)

SELECT customer_id, recommendation_rank, product_name, is_repeat, reason
FROM results.recommendations
SEMI JOIN customers USING (customer_id)
WHERE recommendation_rank <= 3
ORDER BY customer_id, recommendation_rank
