-- One row per recent order with a sale, beside what its customer did before it.
WITH orders AS (
    SELECT order_id, order_code, customer_id, country, product_count, unit_count, sales_amount, ordered_at, ordered_on
    FROM features.known_orders
    WHERE is_sale
),

recent AS (
    SELECT max(ended_on) - $anomalies__order_days AS after_on
    FROM features.evaluation_periods
),

-- Unknown customers have no history, so they stay out of the windows.
histories AS (
    SELECT
        order_id,
        count(*) OVER earlier AS previous_order_count,
        ln(1 + coalesce(sales_amount, unit_count)) - avg(ln(1 + coalesce(sales_amount, unit_count))) OVER earlier
            AS history_deviation
    FROM orders
    WHERE customer_id IS NOT NULL
    WINDOW earlier AS (
        PARTITION BY customer_id ORDER BY ordered_at, order_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),

lines AS (
    SELECT order_code, count(*) AS line_count, max(unit_price) AS maximum_unit_price
    FROM features.sales
    CROSS JOIN recent
    WHERE sales.ordered_on > recent.after_on
    GROUP BY order_code
)

SELECT
    orders.order_id,
    orders.country,
    coalesce(histories.previous_order_count = 0, false) AS is_new_customer,
    lines.line_count,
    orders.product_count,
    orders.unit_count,
    coalesce(histories.previous_order_count, 0) AS previous_order_count,
    isodow(orders.ordered_on) AS weekday,
    hour(orders.ordered_at) AS hour,
    orders.sales_amount::DOUBLE AS amount,
    orders.sales_amount::DOUBLE / nullif(orders.unit_count, 0) AS mean_unit_price,
    lines.maximum_unit_price::DOUBLE AS maximum_unit_price,
    histories.history_deviation,
    orders.ordered_on
FROM orders
CROSS JOIN recent
INNER JOIN lines USING (order_code)
LEFT JOIN histories ON histories.order_id = orders.order_id
WHERE orders.ordered_on > recent.after_on
