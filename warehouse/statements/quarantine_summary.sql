-- Which rules keep rows out, with one row number as an example.
WITH broken AS (
    SELECT source, unnest(rules) AS rule, file, row_number, reason
    FROM ops.quarantine
    WHERE status = 'open'
)

SELECT source, rule, count(*) AS row_count, min(file) AS first_file, arg_min(row_number, (file, row_number)) AS first_row,
    min(reason) AS reason
FROM broken
GROUP BY source, rule
ORDER BY row_count DESC, source, rule
