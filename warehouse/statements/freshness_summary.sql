-- How fresh each family's tables are.
SELECT
    family,
    max(as_of) AS as_of,
    count(*) AS tables,
    sum(row_count)::BIGINT AS rows,
    bool_or(is_stale) AS stale,
    max(published_at)::TIMESTAMP(0) AS published_at,
    max(reason) AS reason
FROM ops.freshness
GROUP BY family
ORDER BY stale DESC, family
