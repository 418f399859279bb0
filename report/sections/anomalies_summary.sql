-- How much is unusual: one row per kind.
SELECT
    kind,
    count(*) AS anomaly_count,
    count(DISTINCT happened_on) AS day_count,
    count(*) FILTER (WHERE severity = 'critical') AS critical_count,
    count(DISTINCT happened_on) FILTER (WHERE happened_on > as_of - 28) AS recent_count
FROM results.anomalies
GROUP BY kind
ORDER BY kind
