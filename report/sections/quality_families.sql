-- How each family fared in the newest run.
SELECT family, status, reason, row_count, seconds
FROM ops.family_runs
WHERE run_id = (SELECT arg_max(run_id, ended_at) FROM ops.family_runs)
ORDER BY status <> 'published' DESC, family
