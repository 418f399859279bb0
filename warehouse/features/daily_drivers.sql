-- The day's sales beside what may drive them.
WITH days AS (
    SELECT *
    FROM features.daily_metrics
),

bounds AS (
    SELECT
        min(metric_on) AS first_on,
        min(metric_on) FILTER (WHERE session_count > 0) AS first_visit_on
    FROM days
),

-- The geometric mean of the line prices: a few bulk orders at a discount do not move it much.
product_days AS (
    SELECT product_code, ordered_on, log_price_sum::DOUBLE / price_count AS log_price
    FROM features.product_days
    WHERE price_count > 0
),

reference_prices AS (
    SELECT product_code, median(log_price) AS log_price
    FROM product_days
    GROUP BY product_code
),

-- Rounded, so that the order in which threads add numbers up does not show.
price_levels AS (
    SELECT
        product_days.ordered_on AS metric_on,
        round(exp(avg(product_days.log_price - reference_prices.log_price)), 8) AS price_index
    FROM product_days
    INNER JOIN reference_prices USING (product_code)
    GROUP BY product_days.ordered_on
),

campaign_days AS (
    SELECT DISTINCT unnest(generate_series(started_on, least(ended_on, $as_of::DATE), INTERVAL 1 DAY))::DATE AS metric_on
    FROM features.campaigns
)

SELECT
    campaign_days.metric_on IS NOT NULL AS is_campaign_active,
    days.metric_on > $as_of::DATE - $holdout_days::INTEGER AS is_holdout,
    days.metric_on - bounds.first_on AS day_index,
    isodow(days.metric_on) AS weekday,
    month(days.metric_on) AS month,
    days.order_count,
    days.unit_count,
    CASE WHEN days.metric_on >= bounds.first_visit_on THEN days.session_count END AS session_count,
    days.sales_amount,
    days.net_amount,
    days.sales_amount::DOUBLE / nullif(days.order_count, 0) AS basket_amount,
    days.unit_count::DOUBLE / nullif(days.order_count, 0) AS basket_units,
    price_levels.price_index,
    -- Against the orders that may come back, none of the day's own: those would be in what is explained and in what explains.
    CASE WHEN days.metric_on >= bounds.first_on + 28
        THEN days.return_count::DOUBLE / nullif(avg(days.order_count) OVER earlier, 0)
    END AS return_rate,
    days.new_customer_count::DOUBLE / nullif(days.customer_count, 0) AS new_customer_share,
    days.metric_on
FROM days
CROSS JOIN bounds
LEFT JOIN price_levels USING (metric_on)
LEFT JOIN campaign_days USING (metric_on)
WINDOW earlier AS (ORDER BY days.metric_on RANGE BETWEEN INTERVAL 28 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
