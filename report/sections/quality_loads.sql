-- What came in by source, and where it went.
SELECT
    source,
    table_name,
    count(*) AS file_count,
    sum(rows_read)::BIGINT AS rows_read,
    sum(rows_accepted)::BIGINT AS rows_accepted,
    sum(rows_duplicate)::BIGINT AS rows_duplicate,
    sum(rows_quarantined)::BIGINT AS rows_quarantined,
    max(loaded_at) AS last_loaded_at
FROM ops.loads
GROUP BY source, table_name
ORDER BY rows_read DESC, source
LIMIT 30
