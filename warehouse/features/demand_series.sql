-- Daily demand: the shop, its largest categories and its largest products, quiet days as zeros.
WITH bounds AS (
    SELECT max(metric_on) AS last_on
    FROM features.daily_metrics
),

priced AS (
    SELECT count(sales_amount) > 0 AS has_prices
    FROM features.product_days
),

recent_sales AS (
    SELECT
        product_days.product_code,
        sum(product_days.unit_count) AS unit_count,
        sum(product_days.sales_amount) AS sales_amount
    FROM features.product_days
    CROSS JOIN bounds
    WHERE product_days.ordered_on > bounds.last_on - $demand_forecast__ranking_days
    GROUP BY product_days.product_code
),

-- By money where there is any, else by units.
top_products AS (
    SELECT
        product_codes.product_code,
        product_codes.product_id,
        coalesce(products.name, product_codes.product_id) AS series_name
    FROM recent_sales
    INNER JOIN features.product_codes USING (product_code)
    LEFT JOIN core.products AS products USING (product_id)
    WHERE product_codes.is_product
    ORDER BY recent_sales.sales_amount DESC NULLS LAST, recent_sales.unit_count DESC, product_codes.product_id
    LIMIT $demand_forecast__product_count
),

top_categories AS (
    SELECT product_codes.category_code, product_codes.category
    FROM recent_sales
    INNER JOIN features.product_codes USING (product_code)
    WHERE product_codes.is_product AND product_codes.category_code IS NOT NULL
    GROUP BY product_codes.category_code, product_codes.category
    ORDER BY
        sum(recent_sales.sales_amount) DESC NULLS LAST, sum(recent_sales.unit_count) DESC, product_codes.category
    LIMIT $demand_forecast__category_count
),

total_days AS (
    SELECT
        'total' AS level,
        'total' AS series_id,
        'All sales' AS series_name,
        unit_count,
        order_count,
        sales_amount,
        metric_on AS demand_on
    FROM features.daily_metrics
    WHERE unit_count > 0
),

category_days AS (
    SELECT
        'category' AS level,
        top_categories.category AS series_id,
        top_categories.category AS series_name,
        category_days.unit_count,
        category_days.order_count,
        category_days.sales_amount,
        category_days.ordered_on AS demand_on
    FROM features.category_days
    INNER JOIN top_categories USING (category_code)
),

product_days_of_top AS (
    SELECT
        'product' AS level,
        top_products.product_id AS series_id,
        top_products.series_name,
        product_days.unit_count,
        product_days.order_count,
        product_days.sales_amount,
        product_days.ordered_on AS demand_on
    FROM features.product_days
    INNER JOIN top_products USING (product_code)
),

sold_days AS (
    SELECT * FROM total_days
    UNION ALL
    SELECT * FROM category_days
    UNION ALL
    SELECT * FROM product_days_of_top
),

calendar AS (
    SELECT
        sold_days.level,
        sold_days.series_id,
        sold_days.series_name,
        unnest(generate_series(min(sold_days.demand_on), bounds.last_on, INTERVAL 1 DAY))::DATE AS demand_on
    FROM sold_days
    CROSS JOIN bounds
    GROUP BY sold_days.level, sold_days.series_id, sold_days.series_name, bounds.last_on
)

SELECT
    calendar.series_id,
    calendar.level,
    calendar.series_name,
    coalesce(sold_days.unit_count, 0)::BIGINT AS unit_count,
    coalesce(sold_days.order_count, 0) AS order_count,
    CASE WHEN priced.has_prices THEN coalesce(sold_days.sales_amount, 0) END::DECIMAL(18, 4) AS sales_amount,
    calendar.demand_on
FROM calendar
CROSS JOIN priced
LEFT JOIN sold_days USING (level, series_id, demand_on)
