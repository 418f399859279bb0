-- What a run read, by source, and where the rows went.
SELECT
    source,
    count(*) AS files,
    sum(rows_read)::BIGINT AS rows_read,
    sum(rows_accepted)::BIGINT AS rows_accepted,
    sum(rows_duplicate)::BIGINT AS rows_duplicate,
    sum(rows_quarantined)::BIGINT AS rows_quarantined
FROM ops.loads
WHERE run_id = $run_id OR merged_run_id = $run_id
GROUP BY source
ORDER BY rows_read DESC, source
