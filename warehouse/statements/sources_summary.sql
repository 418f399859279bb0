-- Everything that came in so far, by source: what was read is what became of it, in rows.
SELECT
    source,
    count(*) FILTER (WHERE status <> 'superseded') AS files,
    (sum(rows_read) FILTER (WHERE status <> 'superseded'))::BIGINT AS "read",
    sum(rows_accepted)::BIGINT AS accepted,
    sum(rows_duplicate)::BIGINT AS duplicate,
    sum(rows_quarantined)::BIGINT AS quarantined,
    (sum(rows_erased) FILTER (WHERE status <> 'superseded'))::BIGINT AS erased,
    (sum(rows_read - coalesce(rows_erased, 0)) FILTER (WHERE status = 'raw'))::BIGINT AS waiting,
    (sum(rows_read - coalesce(rows_erased, 0)) FILTER (WHERE status = 'set_aside'))::BIGINT AS "set aside",
    (sum(rows_read - coalesce(rows_erased, 0)) FILTER (WHERE status = 'discarded'))::BIGINT AS discarded,
    nullif(count(*) FILTER (WHERE status = 'superseded'), 0) AS "superseded files"
FROM ops.loads
GROUP BY source
ORDER BY source
