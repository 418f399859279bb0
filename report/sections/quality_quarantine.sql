-- The rules that keep rows out, with the reason of one such row.
WITH broken AS (
    SELECT source, unnest(rules) AS rule, reason, load_id, row_number
    FROM ops.quarantine
    WHERE status = 'open'
)

SELECT source, rule, count(*) AS row_count, arg_min(reason, (load_id, row_number)) AS example
FROM broken
GROUP BY source, rule
ORDER BY row_count DESC, source, rule
LIMIT 20
