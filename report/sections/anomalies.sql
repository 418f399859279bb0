-- The newest unusual days and the most unusual orders.
WITH ranked AS (
    SELECT
        kind,
        subject,
        direction,
        severity,
        reason,
        observed,
        lower,
        upper,
        score,
        happened_on,
        row_number() OVER (
            PARTITION BY kind
            ORDER BY CASE WHEN kind = 'day' THEN happened_on END DESC, score DESC, anomaly_id
        ) AS place
    FROM results.anomalies
)

SELECT *
FROM ranked
WHERE place <= CASE WHEN kind = 'day' THEN 25 ELSE 15 END
ORDER BY kind, place
