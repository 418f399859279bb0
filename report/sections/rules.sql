-- The rules with the most orders beyond chance.
SELECT
    antecedent_names,
    consequent_names,
    reading,
    order_count,
    support,
    confidence,
    lift,
    lift_lower,
    lift_upper,
    holdout_lift,
    CASE
        WHEN holdout_lift IS NULL THEN 'not tested'
        WHEN holdout_lift > 1 THEN 'still more often together'
        ELSE 'no longer'
    END AS held
FROM results.basket_rules
ORDER BY leverage_rank, rule_id
LIMIT 300
