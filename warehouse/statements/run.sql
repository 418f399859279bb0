-- How a run went.
SELECT run_id, status, message
FROM ops.runs
WHERE run_id = $run_id
