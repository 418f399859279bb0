-- What a run read, by source, and where the rows went.
SELECT
    source,
    count(*) AS files,
    sum(rows_read)::BIGINT AS "read",
    sum(rows_accepted)::BIGINT AS accepted,
    sum(rows_duplicate)::BIGINT AS duplicate,
    sum(rows_quarantined)::BIGINT AS quarantined
FROM ops.loads
WHERE run_id = $run_id OR merged_run_id = $run_id
GROUP BY source
ORDER BY "read" DESC, source
