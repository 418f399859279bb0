-- Customers and what is expected of them, by churn level.
SELECT
    churn_level,
    count(*) AS customer_count,
    count(*) FILTER (may_contact IS NOT TRUE) AS refusing_count,
    sum(expected_purchases_365d) AS expected_purchases,
    sum(expected_value_365d) AS expected_value
FROM results.customer_value
GROUP BY churn_level
ORDER BY churn_level
