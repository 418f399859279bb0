-- One row: what the last 28 days sold before anything was undone, what of that was cancelled or returned by now, and what
-- came back in these days that belongs to no sale that is known. In money, or in units where the shop has no prices.
WITH grain AS (
    SELECT count(gross_amount) > 0 AS has_prices
    FROM core.daily_metrics
    WHERE metric_on <= $as_of
),

sold AS (
    SELECT
        sum(CASE WHEN has_prices THEN amount ELSE quantity END) FILTER (WHERE line_kind = 'sale') AS gross,
        -sum(CASE WHEN has_prices THEN amount ELSE -abs(quantity) END)
            FILTER (WHERE line_kind = 'return' AND undoing.order_id IS NULL) AS of_no_known_sale
    FROM core.order_lines
    CROSS JOIN grain
    LEFT JOIN (
        SELECT DISTINCT return_order_id AS order_id, return_line_id AS line_id
        FROM core.undone_sales
    ) AS undoing USING (order_id, line_id)
    WHERE ordered_on > $as_of::DATE - 28 AND ordered_on <= $as_of
),

undone AS (
    SELECT
        sum(CASE WHEN has_prices THEN undone_amount ELSE undone_unit_count END) FILTER (WHERE NOT was_demand) AS cancelled,
        sum(CASE WHEN has_prices THEN undone_amount ELSE undone_unit_count END) FILTER (WHERE was_demand) AS returned
    FROM core.undone_sales
    CROSS JOIN grain
    WHERE sold_on > $as_of::DATE - 28 AND sold_on <= $as_of AND undone_on <= $as_of
)

SELECT
    coalesce(sold.gross, 0)::DOUBLE AS gross,
    coalesce(undone.cancelled, 0)::DOUBLE AS cancelled,
    coalesce(undone.returned, 0)::DOUBLE AS returned,
    coalesce(sold.of_no_known_sale, 0)::DOUBLE AS of_no_known_sale
FROM sold
CROSS JOIN undone
