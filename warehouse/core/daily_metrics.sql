-- One row for each calendar day between the first and the last order, quiet days included; those from $from_on to $to_on.
WITH bounds AS (
    SELECT min(ordered_on) AS first_on, max(ordered_on) AS last_on
    FROM core.order_lines
),

days AS (
    SELECT
        unnest(generate_series(greatest(first_on, $from_on::DATE), least(last_on, $to_on::DATE), INTERVAL 1 DAY))::DATE
            AS metric_on
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

-- An order counts on its first day.
orders AS (
    SELECT
        ordered_on AS metric_on,
        count(*) AS order_count,
        count(DISTINCT customer_id) AS customer_count
    FROM core.orders
    WHERE is_sale AND ordered_on BETWEEN $from_on AND $to_on
    GROUP BY ordered_on
),

-- Goods and money count on the day of their line: what is sent back later belongs to the day it came back.
lines AS (
    SELECT
        ordered_on AS metric_on,
        count(*) FILTER (WHERE line_kind = 'sale') AS line_count,
        count(DISTINCT order_id) FILTER (WHERE line_kind = 'return') AS return_count,
        sum(quantity) FILTER (WHERE line_kind = 'sale')::BIGINT AS unit_count,
        sum(amount) FILTER (WHERE line_kind = 'sale') AS sales_amount,
        -sum(amount) FILTER (WHERE line_kind = 'return') AS returns_amount
    FROM core.order_lines
    WHERE ordered_on BETWEEN $from_on AND $to_on
    GROUP BY ordered_on
),

visits AS (
    SELECT occurred_on AS metric_on, count(DISTINCT session_id) AS session_count
    FROM core.events
    WHERE occurred_on BETWEEN $from_on AND $to_on
    GROUP BY occurred_on
),

priced AS (
    SELECT min(ordered_on) FILTER (WHERE amount IS NOT NULL) AS first_on
    FROM core.order_lines
)

SELECT
    coalesce(orders.order_count, 0) AS order_count,
    coalesce(lines.return_count, 0) AS return_count,
    coalesce(orders.customer_count, 0) AS customer_count,
    coalesce(new_customers.new_customer_count, 0) AS new_customer_count,
    coalesce(lines.line_count, 0) AS line_count,
    coalesce(lines.unit_count, 0) AS unit_count,
    coalesce(visits.session_count, 0) AS session_count,
    CASE WHEN days.metric_on >= priced.first_on THEN coalesce(lines.sales_amount, 0) END AS sales_amount,
    CASE WHEN days.metric_on >= priced.first_on THEN coalesce(lines.returns_amount, 0) END AS returns_amount,
    CASE WHEN days.metric_on >= priced.first_on
        THEN coalesce(lines.sales_amount, 0) - coalesce(lines.returns_amount, 0) END AS net_amount,
    days.metric_on
FROM days
CROSS JOIN priced
LEFT JOIN orders USING (metric_on)
LEFT JOIN lines USING (metric_on)
LEFT JOIN new_customers USING (metric_on)
LEFT JOIN visits USING (metric_on)
