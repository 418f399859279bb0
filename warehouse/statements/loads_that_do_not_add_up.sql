-- Merged loads whose rows are not all accounted for, or whose bad rows are not in quarantine.
WITH kept AS (
    SELECT load_id, count(*) FILTER (WHERE status <> 'replayed') AS kept_count FROM ops.quarantine GROUP BY load_id
)
SELECT
    loads.load_id,
    loads.source,
    CASE WHEN rows_read <> rows_accepted + rows_duplicate + rows_quarantined + coalesce(rows_erased, 0)
        THEN format(
            '{} rows read, and {} accepted, {} duplicate, {} quarantined, {} erased',
            rows_read, rows_accepted, rows_duplicate, rows_quarantined, coalesce(rows_erased, 0)
        )
        ELSE format('{} rows quarantined, and {} in quarantine', rows_quarantined, coalesce(kept_count, 0))
    END AS problem
FROM ops.loads
LEFT JOIN kept ON kept.load_id = loads.load_id
WHERE loads.status = 'merged'
    AND (
        rows_read <> rows_accepted + rows_duplicate + rows_quarantined + coalesce(rows_erased, 0)
        OR rows_quarantined <> coalesce(kept_count, 0)
    )
ORDER BY loads.load_id
