-- Units and price per complete week of the best-selling products whose price really varied.
WITH bounds AS (
    SELECT min(ordered_on) AS first_on
    FROM features.product_days
    WHERE price_count > 0
),

-- Far more than the panel will hold, so that products with a fixed price can drop out; it keeps the rest cheap.
best_sellers AS (
    SELECT
        product_codes.product_code,
        product_codes.product_id,
        sum(product_days.priced_amount) AS sales_amount
    FROM features.product_days
    INNER JOIN features.product_codes USING (product_code)
    WHERE product_days.price_count > 0
    GROUP BY product_codes.product_code, product_codes.product_id
    ORDER BY sales_amount DESC, product_codes.product_id
    LIMIT 5 * $drivers__panel_product_count
),

weeks AS (
    SELECT best_sellers.product_id, price_weeks.* EXCLUDE (product_code)
    FROM features.price_weeks
    INNER JOIN best_sellers USING (product_code)
),

complete_weeks AS (
    SELECT weeks.*
    FROM weeks
    CROSS JOIN bounds
    WHERE weeks.week_on >= bounds.first_on AND weeks.week_on + 6 <= $as_of
),

varied AS (
    SELECT complete_weeks.product_id
    FROM complete_weeks
    INNER JOIN best_sellers USING (product_id)
    GROUP BY complete_weeks.product_id, best_sellers.sales_amount
    HAVING count(*) >= $drivers__panel_minimum_weeks
        AND stddev_samp(ln(complete_weeks.unit_price)) >= $drivers__panel_minimum_price_variation
    ORDER BY best_sellers.sales_amount DESC, complete_weeks.product_id
    LIMIT $drivers__panel_product_count
)

SELECT
    complete_weeks.product_id,
    complete_weeks.week_on > $as_of::DATE - $holdout_days::INTEGER AS is_holdout,
    complete_weeks.unit_count,
    complete_weeks.unit_price,
    complete_weeks.week_on
FROM complete_weeks
INNER JOIN varied USING (product_id)
