-- The days to learn from and the days to be judged on, with their orders.
WITH orders AS (
    SELECT customer_id, ordered_on
    FROM features.known_orders
    WHERE is_sale
),

span AS (
    SELECT
        min(ordered_on) AS first_on,
        max(ordered_on) AS last_on
    FROM orders
),

periods AS (
    SELECT
        first_on,
        last_on,
        -- A history shorter than four holdouts gives its last quarter.
        last_on + 1 - least($holdout_days::INTEGER, (last_on - first_on + 1) // 4)::INTEGER AS holdout_on
    FROM span
)

SELECT
    CASE WHEN orders.ordered_on < periods.holdout_on THEN 'training' ELSE 'holdout' END AS period,
    count(*) AS order_count,
    count(DISTINCT orders.customer_id) AS customer_count,
    CASE WHEN period = 'training' THEN any_value(periods.first_on) ELSE any_value(periods.holdout_on) END
        AS started_on,
    CASE WHEN period = 'training' THEN any_value(periods.holdout_on) - 1 ELSE any_value(periods.last_on) END
        AS ended_on
FROM orders
CROSS JOIN periods
GROUP BY period
