-- Orders by amount (units without prices), in at most 26 bins of a round width; the last bin holds all larger orders.
-- The width shows the usual order in some detail, however large the few largest are.
WITH priced AS (
    SELECT count(sales_amount) > 0 AS has_prices
    FROM core.orders
    WHERE is_sale AND ordered_on <= $as_of
),

orders AS (
    SELECT CASE WHEN priced.has_prices THEN orders.sales_amount::DOUBLE ELSE orders.unit_count END AS value
    FROM core.orders AS orders
    CROSS JOIN priced
    WHERE orders.is_sale AND orders.ordered_on <= $as_of
),

rough_widths AS (
    SELECT greatest(least(quantile_cont(value, 0.975) / 25, median(value) / 3), 0.01) AS width
    FROM orders
    WHERE value IS NOT NULL
    HAVING count(*) > 0
),

powers AS (
    SELECT width, power(10, floor(log10(width))) AS power
    FROM rough_widths
),

widths AS (
    SELECT
        power * CASE WHEN width <= power THEN 1 WHEN width <= 2 * power THEN 2 WHEN width <= 5 * power THEN 5 ELSE 10 END
            AS width
    FROM powers
),

bins AS (
    SELECT widths.width, least(floor(orders.value / widths.width), 25)::BIGINT AS bin, count(*) AS bin_count
    FROM orders
    CROSS JOIN widths
    WHERE orders.value IS NOT NULL
    GROUP BY widths.width, bin
)

SELECT
    bin * width AS bin_from,
    (bin + 1) * width AS bin_to,
    bin_count,
    bin = 25 AS is_last
FROM bins
ORDER BY bin_from
