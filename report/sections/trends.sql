-- The parts of the market by their main measure, the largest of each dimension.
WITH main AS (
    SELECT
        dimension,
        member,
        direction,
        reading,
        latest_value,
        latest_share,
        adjusted_month_growth,
        year_growth,
        comparable_month_count,
        annual_growth AS value,
        annual_growth_lower AS lower,
        annual_growth_upper AS upper,
        expected_value,
        expected_lower,
        expected_upper,
        measure,
        latest_month_on
    FROM results.market_trends
    WHERE measure IN ('sales_amount', 'unit_count')
    QUALIFY measure = min(measure) OVER ()
)

SELECT *
FROM main
QUALIFY row_number() OVER (PARTITION BY dimension ORDER BY latest_value DESC, member) <= 8
ORDER BY dimension <> 'total', dimension, latest_value DESC, member
