-- The last retention that has ended: by which settings, and how many rows and bytes went.
SELECT
    max(ended_at) AS ended_at,
    list_sort(list(DISTINCT setting)) AS settings,
    (sum(rows_removed) FILTER (WHERE table_name <> 'snapshots'))::BIGINT AS row_count,
    sum(bytes_removed)::BIGINT AS byte_count
FROM ops.retentions
WHERE ended_at = (SELECT max(ended_at) FROM ops.retentions)
HAVING count(*) > 0
