-- Everything that came in so far, by source.
SELECT
    source,
    count(*) AS files,
    (sum(rows_read) FILTER (WHERE status <> 'superseded'))::BIGINT AS "read",
    sum(rows_accepted)::BIGINT AS accepted,
    sum(rows_duplicate)::BIGINT AS duplicate,
    sum(rows_quarantined)::BIGINT AS quarantined,
    count(*) FILTER (WHERE status = 'raw') AS waiting,
    count(*) FILTER (WHERE status = 'superseded') AS superseded
FROM ops.loads
GROUP BY source
ORDER BY source
