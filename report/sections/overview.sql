-- One row: the last run, and the shop's last 28 days against the 28 before.
WITH last_run AS (
    SELECT run_id, status, message, ended_at
    FROM ops.runs
    ORDER BY started_at DESC, run_id DESC
    LIMIT 1
),

bounds AS (
    SELECT
        min(metric_on) AS first_on,
        max(metric_on) AS last_on,
        count(sales_amount) > 0 AS has_prices,
        $as_of::DATE AS as_of
    FROM core.daily_metrics
),

windows AS (
    SELECT
        days.order_count,
        days.new_customer_count,
        days.unit_count,
        days.sales_amount,
        CASE
            WHEN days.metric_on > bounds.as_of - 28 THEN 'now'
            WHEN days.metric_on > bounds.as_of - 56 THEN 'before'
            WHEN days.metric_on > bounds.as_of - 392 AND days.metric_on <= bounds.as_of - 364 THEN 'year_ago'
        END AS period
    FROM core.daily_metrics AS days
    CROSS JOIN bounds
    WHERE days.metric_on <= bounds.as_of
),

sums AS (
    SELECT
        count(*) FILTER (WHERE period = 'before') = 28 AS has_before,
        count(*) FILTER (WHERE period = 'year_ago') = 28 AS has_year_ago,
        sum(sales_amount) FILTER (WHERE period = 'now') AS amount_now,
        sum(sales_amount) FILTER (WHERE period = 'before') AS amount_before,
        sum(sales_amount) FILTER (WHERE period = 'year_ago') AS amount_year_ago,
        sum(unit_count) FILTER (WHERE period = 'now') AS units_now,
        sum(unit_count) FILTER (WHERE period = 'before') AS units_before,
        sum(unit_count) FILTER (WHERE period = 'year_ago') AS units_year_ago,
        sum(order_count) FILTER (WHERE period = 'now') AS orders_now,
        sum(order_count) FILTER (WHERE period = 'before') AS orders_before,
        sum(new_customer_count) FILTER (WHERE period = 'now') AS new_customers_now
    FROM windows
),

buyers AS (
    SELECT
        count(DISTINCT orders.customer_id) FILTER (WHERE orders.ordered_on > bounds.as_of - 28) AS customers_now,
        count(DISTINCT orders.customer_id) FILTER (WHERE orders.ordered_on <= bounds.as_of - 28) AS customers_before
    FROM core.orders AS orders
    CROSS JOIN bounds
    WHERE orders.is_sale AND orders.ordered_on > bounds.as_of - 56 AND orders.ordered_on <= bounds.as_of
)

SELECT
    last_run.run_id,
    last_run.status,
    last_run.message,
    last_run.ended_at,
    bounds.first_on,
    bounds.last_on,
    bounds.as_of,
    bounds.has_prices,
    sums.*,
    buyers.*
FROM bounds
CROSS JOIN sums
CROSS JOIN buyers
LEFT JOIN last_run ON true
