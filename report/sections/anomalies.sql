-- The newest unusual days and the most unusual orders.
WITH ranked AS (
    SELECT
        kind,
        subject,
        direction,
        severity,
        reason,
        score,
        happened_on,
        row_number() OVER (
            PARTITION BY kind
            ORDER BY CASE WHEN kind <> 'order' THEN happened_on END DESC, probability, score DESC, anomaly_id
        ) AS place
    FROM results.anomalies
)

SELECT *
FROM ranked
WHERE place <= CASE WHEN kind = 'day' THEN 15 ELSE 10 END
ORDER BY kind, place
