-- The customers most worth keeping among those who may stay away and may be contacted.
WITH segments AS (
    SELECT customer_id, segment_name
    FROM results.customer_segments
    WHERE as_of = (SELECT max(as_of) FROM results.customer_segments)
)

SELECT
    worth.customer_id,
    segments.segment_name,
    worth.churn_level,
    worth.churn_risk,
    worth.expected_value_365d,
    worth.value_365d_lower_80,
    worth.value_365d_upper_80,
    worth.expected_purchases_365d,
    worth.reason
FROM results.customer_value AS worth
LEFT JOIN segments ON worth.customer_id = segments.customer_id
WHERE worth.churn_level <> 'low' AND worth.may_contact
ORDER BY worth.expected_value_365d DESC NULLS LAST, worth.expected_purchases_365d DESC, worth.customer_id
LIMIT 12
