-- How the families of a run fared.
SELECT family, status, reason, row_count, seconds, peak_bytes
FROM ops.family_runs
WHERE run_id = $run_id
ORDER BY family
