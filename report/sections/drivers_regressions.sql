-- The answer of each regression, effects first, then the surest. What is held constant answers nothing and is left
-- out, and so are weekdays, which the shop knows.
SELECT
    scope,
    question,
    claim,
    reading,
    coefficient,
    lower,
    upper,
    p_value,
    r_squared,
    observation_count
FROM results.regressions
WHERE role = 'answer' AND NOT ends_with(scope, '_by_calendar')
ORDER BY claim = 'effect' DESC, starts_with(scope, 'price_elasticity') DESC, p_value >= 0.05, abs(t_statistic) DESC, scope
