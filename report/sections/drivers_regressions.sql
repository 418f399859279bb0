-- The terms of each regression, the surest first; the intercept and the halves of the year's wave mean nothing alone.
SELECT
    scope,
    term,
    reading,
    coefficient,
    lower,
    upper,
    p_value,
    r_squared,
    observation_count
FROM results.regressions
WHERE term <> 'intercept' AND NOT starts_with(term, 'annual_')
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY abs(t_statistic) DESC, term) <= 12
ORDER BY scope = 'price_elasticity' DESC, scope DESC, p_value >= 0.05, abs(t_statistic) DESC, term
