-- Who bought what, before the holdout and in all.
WITH periods AS (
    SELECT max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on
    FROM features.evaluation_periods
)

SELECT
    purchases.customer_code,
    purchases.product_code,
    count(*)::INTEGER AS order_count,
    (count(*) FILTER (WHERE purchases.ordered_on <= periods.training_ended_on))::INTEGER AS training_order_count,
    sum(purchases.unit_count)::BIGINT AS unit_count,
    min(purchases.ordered_on) AS first_ordered_on,
    max(purchases.ordered_on) AS last_ordered_on,
    max(purchases.ordered_on) FILTER (WHERE purchases.ordered_on <= periods.training_ended_on)
        AS training_last_ordered_on
FROM features.purchases
CROSS JOIN periods
WHERE purchases.customer_code IS NOT NULL
GROUP BY purchases.customer_code, purchases.product_code
