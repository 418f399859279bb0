-- Runs whose answers can be looked at again, newest first.
SELECT run_id, as_of
FROM ops.runs
WHERE snapshot_id IS NOT NULL
ORDER BY snapshot_id DESC
LIMIT 10
