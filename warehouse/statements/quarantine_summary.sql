-- Which rules keep rows out, with one row number as an example.
WITH broken AS (
    SELECT source, unnest(rules) AS rule, file, row_number, reason
    FROM ops.quarantine
    WHERE status = 'open'
)

SELECT source, rule, count(*) AS rows, min(reason) AS reason,
    min(file) || ':' || arg_min(row_number, (file, row_number)) AS first
FROM broken
GROUP BY source, rule
ORDER BY rows DESC, source, rule
