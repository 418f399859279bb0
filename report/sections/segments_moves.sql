-- How many customers have moved between segments since the answer before the last.
WITH days AS (
    SELECT DISTINCT as_of
    FROM results.customer_segments
    ORDER BY as_of DESC
    LIMIT 2
),

answers AS (
    SELECT max(as_of) AS later_on, min(as_of) AS earlier_on
    FROM days
    HAVING count(*) = 2
)

SELECT
    answers.earlier_on,
    earlier.segment_name AS moved_from,
    later.segment_name AS moved_to,
    count(*) AS customer_count
FROM results.customer_segments AS later
INNER JOIN answers ON later.as_of = answers.later_on
INNER JOIN results.customer_segments AS earlier
    ON later.customer_id = earlier.customer_id AND answers.earlier_on = earlier.as_of
WHERE earlier.segment_id <> later.segment_id
GROUP BY ALL
ORDER BY customer_count DESC, moved_from, moved_to
LIMIT 10
