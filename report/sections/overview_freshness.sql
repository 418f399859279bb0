-- How fresh each result table is.
SELECT table_name, family, as_of, row_count, is_stale, reason
FROM ops.freshness
ORDER BY is_stale DESC, table_name, family
