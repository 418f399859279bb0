-- The days at which windows of the features begin or end. Where one moves, what lies on the days it passes is renewed.
WITH periods AS (
    SELECT
        max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on,
        max(ended_on) AS ended_on
    FROM features.evaluation_periods
)

SELECT 'holdout' AS name, 'customers' AS concerns, $as_of::DATE - $holdout_days::INTEGER AS edge_on
UNION ALL
SELECT 'before_holdout', 'customers', $as_of::DATE - 2 * $holdout_days::INTEGER
UNION ALL
SELECT 'training', 'customers', training_ended_on FROM periods
UNION ALL
SELECT 'unusual_orders', 'orders', ended_on - $anomalies__order_days FROM periods
