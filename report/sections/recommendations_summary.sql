-- One row: how many customers have recommendations, how many of them may not be contacted, and the main recommender.
WITH methods AS (
    SELECT method, count(*) AS row_count
    FROM results.recommendations
    GROUP BY method
)

SELECT
    (SELECT count(*) FROM results.recommendations WHERE recommendation_rank = 1) AS customer_count,
    (
        SELECT count(*) FROM results.recommendations WHERE recommendation_rank = 1 AND may_contact IS NOT TRUE
    ) AS refusing_count,
    sum(row_count)::BIGINT AS row_count,
    arg_max(method, (row_count, method)) AS method,
    max(row_count) / nullif(sum(row_count), 0) AS method_share
FROM methods
