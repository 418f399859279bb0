-- Units and price per complete week, weeks without a sale between, of the best-selling products whose price varied.
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
        product_codes.category,
        sum(product_days.priced_amount) AS sales_amount
    FROM features.product_days
    INNER JOIN features.product_codes USING (product_code)
    WHERE product_days.price_count > 0
    GROUP BY product_codes.product_code, product_codes.product_id, product_codes.category
    ORDER BY sales_amount DESC, product_codes.product_id
    LIMIT 5 * $drivers__panel_product_count
),

complete_weeks AS (
    SELECT best_sellers.product_id, price_weeks.*
    FROM features.price_weeks
    INNER JOIN best_sellers USING (product_code)
    CROSS JOIN bounds
    WHERE price_weeks.week_on >= bounds.first_on AND price_weeks.week_on + 6 <= $as_of
),

usual_quantities AS (
    SELECT product_code, median(price_quantity) AS price_quantity
    FROM complete_weeks
    GROUP BY product_code
),

-- The price of a week in which the product went in bulk only is one for quantity, and not known for a single unit.
quoted AS (
    SELECT
        complete_weeks.* EXCLUDE (unit_price, price_quantity),
        CASE WHEN complete_weeks.price_quantity <= 3 * usual_quantities.price_quantity THEN complete_weeks.unit_price END
            AS unit_price
    FROM complete_weeks
    INNER JOIN usual_quantities USING (product_code)
),

varied AS (
    SELECT
        best_sellers.product_code,
        best_sellers.product_id,
        best_sellers.category,
        min(quoted.week_on) AS first_on,
        max(quoted.week_on) AS last_on
    FROM quoted
    INNER JOIN best_sellers USING (product_code)
    GROUP BY best_sellers.product_code, best_sellers.product_id, best_sellers.category, best_sellers.sales_amount
    HAVING count(*) >= $drivers__panel_minimum_weeks
        AND stddev_samp(ln(quoted.unit_price)) >= $drivers__panel_minimum_price_variation
    ORDER BY best_sellers.sales_amount DESC, best_sellers.product_id
    LIMIT $drivers__panel_product_count
),

weeks AS (
    SELECT
        product_code,
        product_id,
        category,
        unnest(generate_series(first_on, last_on, INTERVAL 7 DAY))::DATE AS week_on
    FROM varied
)

SELECT
    weeks.product_id,
    weeks.category,
    weeks.week_on > $as_of::DATE - $holdout_days::INTEGER AS is_holdout,
    coalesce(quoted.unit_count, 0) AS unit_count,
    coalesce(quoted.line_count, 0) AS line_count,
    quoted.unit_price,
    weeks.week_on
FROM weeks
LEFT JOIN quoted USING (product_code, week_on)
