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

-- Goods and money count on the day of their line.
lines AS (
    SELECT
        ordered_on AS metric_on,
        count(*) FILTER (WHERE line_kind = 'sale') AS line_count,
        sum(quantity) FILTER (WHERE line_kind = 'sale')::BIGINT AS unit_count,
        sum(amount) FILTER (WHERE line_kind = 'sale') AS gross_amount,
        -sum(amount) FILTER (WHERE line_kind = 'return') AS returns_amount
    FROM core.order_lines
    WHERE ordered_on BETWEEN $from_on AND $to_on
    GROUP BY ordered_on
),

-- What was undone later is taken off the day on which it was sold.
undone_lines AS (
    SELECT
        sold_on AS metric_on,
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        sum(undone_unit_count)::BIGINT AS unit_count,
        sum(undone_unit_count) >= any_value(sold_unit_count) AS is_whole,
        sum(undone_amount) AS amount
    FROM core.undone_sales
    WHERE sold_on BETWEEN $from_on AND $to_on
    GROUP BY sold_on, sale_order_id, sale_line_id
),

undone AS (
    SELECT
        metric_on,
        count(*) FILTER (WHERE is_whole) AS line_count,
        sum(unit_count)::BIGINT AS unit_count,
        sum(amount) AS amount
    FROM undone_lines
    GROUP BY metric_on
),

-- What was cancelled within hours was never demand, so that its undoing is none of the returns that are counted.
returned AS (
    SELECT ordered_on AS metric_on, count(DISTINCT order_id) AS return_count
    FROM core.order_lines
    ANTI JOIN (
        SELECT return_order_id AS order_id, return_line_id AS line_id
        FROM core.undone_sales
        GROUP BY return_order_id, return_line_id
        HAVING NOT bool_or(was_demand)
    ) AS cancelling USING (order_id, line_id)
    WHERE line_kind = 'return' AND ordered_on BETWEEN $from_on AND $to_on
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
    coalesce(returned.return_count, 0) AS return_count,
    coalesce(orders.customer_count, 0) AS customer_count,
    coalesce(new_customers.new_customer_count, 0) AS new_customer_count,
    coalesce(lines.line_count, 0) - coalesce(undone.line_count, 0) AS line_count,
    coalesce(lines.unit_count, 0) - coalesce(undone.unit_count, 0) AS unit_count,
    coalesce(visits.session_count, 0) AS session_count,
    CASE WHEN days.metric_on >= priced.first_on THEN coalesce(lines.gross_amount, 0) - coalesce(undone.amount, 0) END
        AS sales_amount,
    CASE WHEN days.metric_on >= priced.first_on THEN coalesce(lines.returns_amount, 0) END AS returns_amount,
    CASE WHEN days.metric_on >= priced.first_on
        THEN coalesce(lines.gross_amount, 0) - coalesce(lines.returns_amount, 0) END AS net_amount,
    CASE WHEN days.metric_on >= priced.first_on THEN coalesce(lines.gross_amount, 0) END AS gross_amount,
    days.metric_on
FROM days
CROSS JOIN priced
LEFT JOIN orders USING (metric_on)
LEFT JOIN lines USING (metric_on)
LEFT JOIN undone USING (metric_on)
LEFT JOIN returned USING (metric_on)
LEFT JOIN new_customers USING (metric_on)
LEFT JOIN visits USING (metric_on)
