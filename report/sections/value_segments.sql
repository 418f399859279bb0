-- What is expected of each segment over a year, by churn level, the segments of which most is expected first.
WITH segments AS (
    SELECT customer_id, segment_name
    FROM results.customer_segments
    WHERE as_of = (SELECT max(as_of) FROM results.customer_segments)
),

levels AS (
    SELECT
        coalesce(segments.segment_name, 'Without a segment') AS segment_name,
        worth.churn_level,
        count(*) AS customer_count,
        coalesce(sum(worth.expected_value_365d), sum(worth.expected_purchases_365d)) AS expected_value
    FROM results.customer_value AS worth
    LEFT JOIN segments ON worth.customer_id = segments.customer_id
    GROUP BY ALL
)

SELECT segment_name, churn_level, customer_count, expected_value
FROM levels
ORDER BY sum(expected_value) OVER (PARTITION BY segment_name) DESC, segment_name, churn_level
