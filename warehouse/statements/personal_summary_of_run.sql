-- Columns that a run found to be personal first: why, what becomes of them, and which setting says otherwise.
SELECT
    source,
    column_name AS "column",
    replace(kind, '_', ' ') || ', by ' || CASE found_by
        WHEN 'declared' THEN 'settings or contract' WHEN 'name' THEN 'its name' ELSE 'its values'
    END AS why,
    CASE treatment WHEN 'drop' THEN 'left out' ELSE 'encrypted' END AS values,
    CASE WHEN found_by <> 'declared' THEN 'sources.' || source || '.public_columns' END AS "public by"
FROM ops.personal_columns
WHERE run_id = $run_id
ORDER BY source, column_name
