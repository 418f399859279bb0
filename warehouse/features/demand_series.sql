-- Daily demand: the shop, its largest categories and its largest products, quiet days as zeros.
WITH sales AS NOT MATERIALIZED (
    SELECT product_id, order_code, quantity, amount, ordered_on
    FROM features.sales
),

bounds AS (
    SELECT max(metric_on) AS last_on
    FROM features.daily_metrics
),

priced AS (
    SELECT count(amount) > 0 AS has_prices
    FROM sales
),

recent_sales AS (
    SELECT sales.product_id, sum(sales.quantity) AS unit_count, sum(sales.amount) AS sales_amount
    FROM sales
    CROSS JOIN bounds
    WHERE sales.ordered_on > bounds.last_on - $demand_forecast__ranking_days
    GROUP BY sales.product_id
),

-- By money where there is any, else by units.
top_products AS (
    SELECT recent_sales.product_id, coalesce(products.name, recent_sales.product_id) AS series_name
    FROM recent_sales
    INNER JOIN core.products AS products USING (product_id)
    WHERE products.is_product
    ORDER BY recent_sales.sales_amount DESC NULLS LAST, recent_sales.unit_count DESC, recent_sales.product_id
    LIMIT $demand_forecast__product_count
),

top_categories AS (
    SELECT products.category
    FROM recent_sales
    INNER JOIN core.products AS products USING (product_id)
    WHERE products.is_product AND products.category IS NOT NULL
    GROUP BY products.category
    ORDER BY sum(recent_sales.sales_amount) DESC NULLS LAST, sum(recent_sales.unit_count) DESC, products.category
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
        products.category AS series_id,
        products.category AS series_name,
        sum(sales.quantity) AS unit_count,
        count(DISTINCT sales.order_code) AS order_count,
        sum(sales.amount) AS sales_amount,
        sales.ordered_on AS demand_on
    FROM sales
    INNER JOIN core.products AS products USING (product_id)
    WHERE products.is_product AND products.category IN (SELECT category FROM top_categories)
    GROUP BY products.category, sales.ordered_on
),

product_days AS (
    SELECT
        'product' AS level,
        sales.product_id AS series_id,
        top_products.series_name,
        sum(sales.quantity) AS unit_count,
        count(DISTINCT sales.order_code) AS order_count,
        sum(sales.amount) AS sales_amount,
        sales.ordered_on AS demand_on
    FROM sales
    INNER JOIN top_products USING (product_id)
    GROUP BY sales.product_id, top_products.series_name, sales.ordered_on
),

sold_days AS (
    SELECT * FROM total_days
    UNION ALL
    SELECT * FROM category_days
    UNION ALL
    SELECT * FROM product_days
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
