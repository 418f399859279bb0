-- Orders as sets of product codes, less the products too rare for any rule and the orders they leave alone.
WITH periods AS (
    SELECT
        max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on,
        sum(order_count) FILTER (WHERE period = 'training') AS training_order_count,
        sum(order_count) AS order_count
    FROM features.evaluation_periods
),

frequent_products AS (
    SELECT
        sold_products.product_id,
        sold_products.product_code
    FROM features.sold_products
    CROSS JOIN periods
    WHERE
        sold_products.training_order_count + sold_products.holdout_order_count
        >= $basket_rules__minimum_support * periods.order_count
        OR sold_products.training_order_count
        >= $basket_rules__minimum_support * periods.training_order_count
),

order_days AS (
    SELECT
        order_id,
        min(ordered_on) AS ordered_on
    FROM core.order_lines
    WHERE line_kind = 'sale' AND is_product AND ordered_on <= $as_of
    GROUP BY order_id
    HAVING count(DISTINCT product_id) > 1
),

purchases AS (
    SELECT DISTINCT
        lines.order_id,
        frequent_products.product_code
    FROM core.order_lines AS lines
    INNER JOIN frequent_products USING (product_id)
    WHERE lines.line_kind = 'sale' AND lines.is_product AND lines.ordered_on <= $as_of
),

baskets AS (
    SELECT order_id
    FROM purchases
    GROUP BY order_id
    HAVING count(*) > 1
),

coded_orders AS (
    SELECT
        baskets.order_id,
        order_days.ordered_on > periods.training_ended_on AS is_holdout,
        (row_number() OVER (ORDER BY order_days.ordered_on, baskets.order_id) - 1)::INTEGER AS order_code
    FROM baskets
    INNER JOIN order_days USING (order_id)
    CROSS JOIN periods
)

SELECT
    coded_orders.order_code,
    purchases.product_code,
    coded_orders.is_holdout
FROM purchases
INNER JOIN coded_orders USING (order_id)
