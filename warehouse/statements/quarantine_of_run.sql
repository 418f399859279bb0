-- Why a run kept rows out.
WITH broken AS (
    SELECT source, unnest(rules) AS rule, reason
    FROM ops.quarantine
    WHERE run_id = $run_id AND status = 'open'
)

SELECT source, rule, count(*) AS row_count, min(reason) AS reason
FROM broken
GROUP BY source, rule
ORDER BY row_count DESC, source, rule
