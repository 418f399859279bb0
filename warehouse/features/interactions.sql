-- Who bought what, before the holdout and in all.
WITH periods AS (
    SELECT max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on
    FROM features.evaluation_periods
),

purchases AS (
    SELECT
        customer_id,
        order_id,
        product_id,
        sum(quantity) AS unit_count,
        min(ordered_on) AS ordered_on
    FROM core.order_lines
    WHERE line_kind = 'sale' AND is_product AND customer_id IS NOT NULL AND ordered_on <= $as_of
    GROUP BY customer_id, order_id, product_id
)

SELECT
    buyers.customer_code,
    sold_products.product_code,
    count(*)::INTEGER AS order_count,
    (count(*) FILTER (WHERE purchases.ordered_on <= periods.training_ended_on))::INTEGER AS training_order_count,
    sum(purchases.unit_count)::BIGINT AS unit_count,
    min(purchases.ordered_on) AS first_ordered_on,
    max(purchases.ordered_on) AS last_ordered_on,
    max(purchases.ordered_on) FILTER (WHERE purchases.ordered_on <= periods.training_ended_on)
        AS training_last_ordered_on
FROM purchases
INNER JOIN features.buyers AS buyers USING (customer_id)
INNER JOIN features.sold_products AS sold_products USING (product_id)
CROSS JOIN periods
GROUP BY buyers.customer_code, sold_products.product_code
