-- The segments, those with the most revenue first.
SELECT
    segment_name,
    description,
    suggested_action,
    customer_count,
    customer_share,
    revenue_share,
    typical_recency_days,
    typical_order_count,
    typical_sales_amount
FROM results.segment_profiles
ORDER BY revenue_share DESC NULLS LAST, customer_count DESC, segment_id
LIMIT 30
