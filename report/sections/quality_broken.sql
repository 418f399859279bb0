-- The checks of the newest checked run that did not pass.
SELECT gate, table_name, check_name, severity, status, observed, expected, advice
FROM ops.validation_results
WHERE status <> 'passed' AND run_id = (SELECT arg_max(run_id, checked_at) FROM ops.validation_results)
ORDER BY severity, gate, table_name, check_name
LIMIT 25
