-- Each family's champion against its baseline, by the metric the family is judged by, in the family's newest answer.
WITH newest AS (
    SELECT *
    FROM results.model_metrics
    QUALIFY as_of = max(as_of) OVER (PARTITION BY family)
)

SELECT
    champion.family,
    champion.metric,
    champion.scope,
    champion.model AS champion,
    champion.value,
    champion.lower,
    champion.upper,
    champion.is_baseline,
    champion.higher_is_better,
    baseline.model AS baseline,
    baseline.value AS baseline_value,
    champion.observation_count,
    champion.evaluated_from,
    champion.evaluated_to,
    champion.note
FROM newest AS champion
LEFT JOIN newest AS baseline
    ON champion.family = baseline.family
    AND champion.scope = baseline.scope
    AND champion.metric = baseline.metric
    AND baseline.is_baseline
WHERE champion.is_headline AND champion.is_champion
ORDER BY champion.family
