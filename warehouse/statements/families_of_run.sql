-- How the families of a run fared.
SELECT family, status, row_count AS rows, round(seconds, 1) AS seconds, round(peak_bytes / 1e6) AS peak_mb, reason
FROM ops.family_runs
WHERE run_id = $run_id
ORDER BY family
