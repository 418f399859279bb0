-- What moves together from day to day, the strongest first.
SELECT
    variable,
    other_variable,
    reading,
    correlation AS value,
    lower,
    upper,
    adjusted_p_value
FROM results.correlations
WHERE basis = 'weekday_adjusted_changes'
ORDER BY adjusted_p_value >= 0.05, abs(correlation) DESC, variable, other_variable
LIMIT 15
