-- How the checks of the newest checked run ended, gate by gate.
SELECT
    gate,
    count(*) AS check_count,
    count(*) FILTER (WHERE status = 'passed') AS passed_count,
    count(*) FILTER (WHERE status <> 'passed' AND severity = 'warn') AS warned_count,
    count(*) FILTER (WHERE status = 'failed' AND severity = 'fail') AS failed_count,
    count(*) FILTER (WHERE status = 'errored' AND severity = 'fail') AS errored_count
FROM ops.validation_results
WHERE run_id = (SELECT arg_max(run_id, checked_at) FROM ops.validation_results)
GROUP BY gate
ORDER BY min(checked_at), gate
