-- The terms of each regression, the surest first. Left out: the intercept and the halves of the year's wave, which mean
-- nothing alone, and the weekdays, which are in to be held constant.
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
WHERE term <> 'intercept' AND NOT starts_with(term, 'annual_') AND NOT starts_with(term, 'weekday_')
QUALIFY row_number() OVER (PARTITION BY scope ORDER BY abs(t_statistic) DESC, term) <= 8
ORDER BY scope = 'price_elasticity' DESC, scope DESC, p_value >= 0.05, abs(t_statistic) DESC, term
