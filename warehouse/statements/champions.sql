-- Each family's champion against its baseline, by the metric the family is judged by.
SELECT
    champion.family,
    replace(champion.metric, '_', ' ') || CASE WHEN champion.higher_is_better THEN ' ↑' ELSE ' ↓' END AS metric,
    replace(champion.model, '_', ' ') AS champion,
    champion.value,
    replace(baseline.model, '_', ' ') AS baseline,
    baseline.value AS its_value
FROM results.model_metrics AS champion
LEFT JOIN results.model_metrics AS baseline
    ON champion.family = baseline.family
    AND champion.scope = baseline.scope
    AND champion.metric = baseline.metric
    AND champion.run_id = baseline.run_id
    AND baseline.is_baseline
WHERE champion.run_id = $run_id AND champion.is_headline AND champion.is_champion
ORDER BY champion.family
