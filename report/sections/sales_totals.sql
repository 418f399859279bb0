-- What the days ahead are expected to sell in all, in money where there is any.
SELECT
    day_count,
    expected,
    lower_80,
    upper_80,
    sold_before,
    sold_year_before,
    first_on
FROM results.demand_totals
WHERE level = 'total'
    AND measure = CASE
        WHEN (SELECT count(sales_amount) > 0 FROM core.daily_metrics WHERE metric_on <= $as_of) THEN 'amount'
        ELSE 'units'
    END
    AND as_of = (SELECT max(as_of) FROM results.demand_totals)
