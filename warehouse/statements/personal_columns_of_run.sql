-- Which columns a run found to look personal, though nobody declared them.
SELECT source, column_name, kind, found_by, treatment
FROM ops.personal_columns
WHERE run_id = $run_id AND found_by <> 'declared'
ORDER BY source, column_name
