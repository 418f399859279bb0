-- What each arm of each campaign brought, those with an estimate first, the newest campaigns first.
SELECT
    coalesce(effects.campaign_name, effects.campaign_id) AS campaign,
    effects.arm,
    effects.status,
    effects.verdict,
    effects.treated_count,
    effects.control_count,
    effects.conversion_difference AS value,
    effects.conversion_difference_lower AS lower,
    effects.conversion_difference_upper AS upper,
    effects.conversion_adjusted_p_value,
    effects.incremental_amount,
    effects.incremental_amount_lower,
    effects.incremental_amount_upper,
    effects.amount_adjusted_p_value,
    effects.cost,
    effects.return_on_cost
FROM results.campaign_effects AS effects
LEFT JOIN core.campaigns AS campaigns ON effects.campaign_id = campaigns.campaign_id
ORDER BY effects.status, campaigns.started_on DESC NULLS LAST, effects.campaign_id, effects.arm
LIMIT 30
