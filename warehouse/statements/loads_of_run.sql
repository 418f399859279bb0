-- What a run read or found waiting, by source, and where the rows went.
SELECT
    source,
    count(*) AS files,
    sum(rows_read)::BIGINT AS "read",
    sum(rows_accepted) FILTER (WHERE status = 'merged')::BIGINT AS accepted,
    sum(rows_duplicate) FILTER (WHERE status = 'merged')::BIGINT AS duplicate,
    sum(rows_quarantined) FILTER (WHERE status = 'merged')::BIGINT AS quarantined,
    sum(rows_erased)::BIGINT AS erased,
    sum(rows_read - coalesce(rows_erased, 0)) FILTER (WHERE status = 'set_aside')::BIGINT AS "set aside",
    sum(rows_read - coalesce(rows_erased, 0)) FILTER (WHERE status = 'raw')::BIGINT AS waiting
FROM ops.loads
WHERE status <> 'superseded' AND (run_id = $run_id OR merged_run_id = $run_id OR status = 'raw')
GROUP BY source
ORDER BY "read" DESC, source
