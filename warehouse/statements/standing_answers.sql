-- What stands of each family that has answered: for which day, whether it is stale, and by which parameters.
SELECT freshness.family, max(freshness.as_of) AS as_of, bool_or(freshness.is_stale) AS is_stale, last_runs.parameters
FROM ops.freshness
LEFT JOIN (
    SELECT family, arg_max(parameters, ended_at) AS parameters
    FROM ops.family_runs
    WHERE status = 'published'
    GROUP BY family
) AS last_runs
    ON last_runs.family = freshness.family
GROUP BY freshness.family, last_runs.parameters
