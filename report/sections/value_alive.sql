-- Customers by the chance that they are still customers, and by churn risk, in 20 bins each.
WITH chances AS (
    SELECT 'alive' AS chance, probability_alive AS value
    FROM results.customer_value
    UNION ALL
    SELECT 'churn' AS chance, churn_risk AS value
    FROM results.customer_value
),

bins AS (
    SELECT chance, least(floor(value * 20), 19)::BIGINT AS bin, count(*) AS bin_count
    FROM chances
    WHERE value IS NOT NULL
    GROUP BY chance, bin
)

SELECT
    chance,
    bin / 20 AS bin_from,
    (bin + 1) / 20 AS bin_to,
    (bin * 5) || '% to ' || (bin * 5 + 5) || '%' AS bin_label,
    bin_count
FROM bins
ORDER BY chance, bin
