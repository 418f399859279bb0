-- Ties between customers who both bought, in codes.
WITH periods AS (
    SELECT max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on
    FROM features.evaluation_periods
)

SELECT
    customers.customer_code,
    friends.customer_code AS friend_code,
    coalesce(ties.since_on <= periods.training_ended_on, ties.since_on IS NULL) AS is_training
FROM core.social_ties AS ties
INNER JOIN features.buyers AS customers ON customers.customer_id = ties.customer_id
INNER JOIN features.buyers AS friends ON friends.customer_id = ties.friend_id
CROSS JOIN periods
WHERE customers.customer_code <> friends.customer_code AND (ties.since_on IS NULL OR ties.since_on <= $as_of)
