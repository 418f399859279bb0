-- The days of the shop until the last day with an order line by $as_of: whether quiet days follow, nobody knew then. Nor
-- was it known what would be undone after it: core has taken that off already.
WITH restored_lines AS (
    SELECT
        sold_on AS metric_on,
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        sum(undone_unit_count) FILTER (WHERE undone_on > $as_of)::BIGINT AS unit_count,
        sum(undone_amount) FILTER (WHERE undone_on > $as_of) AS amount,
        sum(undone_unit_count) >= any_value(sold_unit_count) AS is_whole
    FROM core.undone_sales
    WHERE sold_on <= $as_of
    GROUP BY sold_on, sale_order_id, sale_line_id
    HAVING max(undone_on) > $as_of
),

restored AS (
    SELECT
        metric_on,
        count(*) FILTER (WHERE is_whole) AS line_count,
        sum(unit_count)::BIGINT AS unit_count,
        sum(amount) AS amount
    FROM restored_lines
    GROUP BY metric_on
),

-- Orders that were sales then and are none now, or the reverse: by what was undone, or sold in their name, after $as_of.
later AS (
    SELECT order_id
    FROM restored_lines
    UNION
    SELECT order_id
    FROM core.order_lines
    WHERE ordered_on > $as_of
),

otherwise_orders AS (
    SELECT known_orders.order_id, known_orders.customer_id, known_orders.ordered_on
    FROM features.known_orders
    SEMI JOIN later USING (order_id)
    INNER JOIN core.orders AS orders_now USING (order_id)
    WHERE known_orders.is_sale <> orders_now.is_sale
),

orders AS (
    SELECT
        ordered_on AS metric_on,
        count(*) AS order_count,
        count(DISTINCT customer_id) AS customer_count
    FROM features.known_orders
    WHERE is_sale AND ordered_on IN (SELECT ordered_on FROM otherwise_orders)
    GROUP BY ordered_on
),

-- A customer whose first order this is was not new on the day of a later one.
first_days AS (
    SELECT known_orders.customer_id, min(known_orders.ordered_on) AS first_on
    FROM features.known_orders
    SEMI JOIN otherwise_orders USING (customer_id)
    WHERE known_orders.is_sale
    GROUP BY known_orders.customer_id
),

first_days_now AS (
    SELECT orders.customer_id, min(orders.ordered_on) AS first_on
    FROM core.orders
    SEMI JOIN otherwise_orders USING (customer_id)
    WHERE orders.is_sale
    GROUP BY orders.customer_id
),

newcomers AS (
    SELECT metric_on, sum(difference) AS customer_count
    FROM (
        SELECT first_on AS metric_on, 1 AS difference FROM first_days
        UNION ALL
        SELECT first_on, -1 FROM first_days_now
    )
    GROUP BY metric_on
)

SELECT
    days.* REPLACE (
        coalesce(orders.order_count, days.order_count) AS order_count,
        coalesce(orders.customer_count, days.customer_count) AS customer_count,
        days.new_customer_count + coalesce(newcomers.customer_count, 0) AS new_customer_count,
        days.line_count + coalesce(restored.line_count, 0) AS line_count,
        days.unit_count + coalesce(restored.unit_count, 0) AS unit_count,
        days.sales_amount + coalesce(restored.amount, 0) AS sales_amount
    )
FROM core.daily_metrics AS days
LEFT JOIN restored USING (metric_on)
LEFT JOIN orders USING (metric_on)
LEFT JOIN newcomers USING (metric_on)
WHERE metric_on <= (SELECT max(ordered_on) FROM core.order_lines WHERE ordered_on <= $as_of)
