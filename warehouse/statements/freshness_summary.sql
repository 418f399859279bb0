-- How fresh each result table is.
SELECT table_name, family, as_of, row_count, is_stale, run_id, reason
FROM ops.freshness
ORDER BY is_stale DESC, table_name, family
