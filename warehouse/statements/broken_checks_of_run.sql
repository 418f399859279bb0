-- The checks of a run that did not pass.
SELECT severity, gate, table_name, check_name, status, expected, observed, example, advice
FROM ops.validation_results
WHERE run_id = $run_id AND status <> 'passed'
ORDER BY severity, gate, table_name, check_name
