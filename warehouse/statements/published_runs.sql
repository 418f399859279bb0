-- Runs whose answers can be looked at again.
SELECT run_id
FROM ops.runs
WHERE snapshot_id IS NOT NULL
ORDER BY started_at DESC
LIMIT 10
