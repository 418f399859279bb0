-- How the checks of a run ended, gate by gate, in the order of the gates.
SELECT
    gate,
    count(*) AS checks,
    count(*) FILTER (WHERE status = 'passed') AS passed,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'errored') AS errored
FROM ops.validation_results
WHERE run_id = $run_id
GROUP BY gate
ORDER BY list_position(['raw', 'core', 'features', 'results'], gate)
