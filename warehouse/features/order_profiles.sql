-- One row per recent order with a sale, beside what its customer did before it.
WITH orders AS (
    SELECT order_id, customer_id, country, product_count, unit_count, sales_amount, ordered_at, ordered_on
    FROM features.known_orders
    WHERE is_sale
),

recent AS (
    SELECT max(ordered_on) - $anomalies__order_days AS after_on
    FROM orders
),

countries AS (
    SELECT country, count(*) / sum(count(*)) OVER () AS country_share
    FROM orders
    GROUP BY country
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
    SELECT order_lines.order_id, count(*) AS line_count, max(order_lines.unit_price) AS maximum_unit_price
    FROM core.order_lines AS order_lines
    CROSS JOIN recent
    WHERE order_lines.line_kind = 'sale'
        AND order_lines.ordered_on <= $as_of
        AND order_lines.ordered_on > recent.after_on
    GROUP BY order_lines.order_id
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
    CASE WHEN orders.country IS NOT NULL THEN countries.country_share END AS country_share,
    histories.history_deviation,
    orders.ordered_on
FROM orders
CROSS JOIN recent
INNER JOIN lines USING (order_id)
LEFT JOIN countries ON countries.country = orders.country
LEFT JOIN histories ON histories.order_id = orders.order_id
WHERE orders.ordered_on > recent.after_on
