-- One row for each calendar day between the first and the last order, quiet days included.
WITH bounds AS (
    SELECT min(ordered_on) AS first_on, max(ordered_on) AS last_on
    FROM core.order_lines
),

days AS (
    SELECT unnest(generate_series(first_on, last_on, INTERVAL 1 DAY))::DATE AS metric_on
    FROM bounds
    WHERE first_on IS NOT NULL
),

first_orders AS (
    SELECT customer_id, min(ordered_on) AS first_on
    FROM core.orders
    WHERE is_sale AND customer_id IS NOT NULL
    GROUP BY customer_id
),

new_customers AS (
    SELECT first_on AS metric_on, count(*) AS new_customer_count
    FROM first_orders
    GROUP BY first_on
),

sales AS (
    SELECT
        ordered_on AS metric_on,
        count(*) FILTER (WHERE is_sale) AS order_count,
        count(*) FILTER (WHERE is_return OR returns_amount > 0) AS return_count,
        count(DISTINCT customer_id) FILTER (WHERE is_sale) AS customer_count,
        sum(unit_count)::BIGINT AS unit_count,
        sum(sales_amount) AS sales_amount,
        sum(returns_amount) AS returns_amount
    FROM core.orders
    GROUP BY ordered_on
),

lines AS (
    SELECT ordered_on AS metric_on, count(*) AS line_count
    FROM core.order_lines
    WHERE line_kind = 'sale'
    GROUP BY ordered_on
),

visits AS (
    SELECT occurred_on AS metric_on, count(DISTINCT session_id) AS session_count
    FROM core.events
    GROUP BY occurred_on
),

priced AS (
    SELECT count(amount) > 0 AS has_prices
    FROM core.order_lines
)

SELECT
    coalesce(sales.order_count, 0) AS order_count,
    coalesce(sales.return_count, 0) AS return_count,
    coalesce(sales.customer_count, 0) AS customer_count,
    coalesce(new_customers.new_customer_count, 0) AS new_customer_count,
    coalesce(lines.line_count, 0) AS line_count,
    coalesce(sales.unit_count, 0) AS unit_count,
    coalesce(visits.session_count, 0) AS session_count,
    CASE WHEN priced.has_prices THEN coalesce(sales.sales_amount, 0) END AS sales_amount,
    CASE WHEN priced.has_prices THEN coalesce(sales.returns_amount, 0) END AS returns_amount,
    CASE WHEN priced.has_prices
        THEN coalesce(sales.sales_amount, 0) - coalesce(sales.returns_amount, 0) END AS net_amount,
    days.metric_on
FROM days
CROSS JOIN priced
LEFT JOIN sales USING (metric_on)
LEFT JOIN lines USING (metric_on)
LEFT JOIN new_customers USING (metric_on)
LEFT JOIN visits USING (metric_on)
