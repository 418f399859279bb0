-- Everything that came in so far, by source.
SELECT
    source,
    table_name,
    count(*) AS files,
    sum(rows_read)::BIGINT AS rows_read,
    sum(rows_accepted)::BIGINT AS rows_accepted,
    sum(rows_duplicate)::BIGINT AS rows_duplicate,
    sum(rows_quarantined)::BIGINT AS rows_quarantined,
    count(*) FILTER (WHERE status = 'raw') AS files_waiting
FROM ops.loads
GROUP BY source, table_name
ORDER BY source
