-- What each product sold on each day, in sums that add up over the buckets.
WITH lines AS (
    SELECT
        product_code,
        count(*) AS line_count,
        sum(quantity) AS unit_count,
        sum(amount) AS sales_amount,
        sum(CASE WHEN unit_price > 0 THEN amount END) AS priced_amount,
        count(CASE WHEN unit_price > 0 THEN 1 END) AS price_count,
        -- As decimals, so that the order in which threads add them up does not show.
        sum(CASE WHEN unit_price > 0 THEN ln(unit_price::DOUBLE)::DECIMAL(18, 10) END) AS log_price_sum,
        ordered_on
    FROM features.sales
    GROUP BY product_code, ordered_on
),

-- Lines that only repeat a product of their order.
repeats AS (
    SELECT product_code, ordered_on, sum(copies)::BIGINT AS copies
    FROM (
        SELECT product_code, ordered_on, count(*) - 1 AS copies
        FROM features.sales
        WHERE has_repeats
        GROUP BY order_code, product_code, ordered_on
        HAVING count(*) > 1
    )
    GROUP BY product_code, ordered_on
)

SELECT
    lines.product_code,
    lines.line_count - coalesce(repeats.copies, 0) AS order_count,
    lines.unit_count,
    lines.sales_amount,
    lines.priced_amount,
    lines.price_count,
    lines.log_price_sum,
    lines.ordered_on
FROM lines
LEFT JOIN repeats USING (product_code, ordered_on)
