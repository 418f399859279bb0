-- Why a run kept rows out.
WITH broken AS (
    SELECT source, unnest(rules) AS rule, reason
    FROM ops.quarantine
    WHERE run_id = $run_id AND status = 'open'
)

SELECT source, rule, count(*) AS rows, min(reason) AS reason
FROM broken
GROUP BY source, rule
ORDER BY rows DESC, source, rule
