-- Orders as sets of product codes, less the products too rare for any rule and the orders they leave alone.
WITH periods AS (
    SELECT
        max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on,
        sum(order_count) FILTER (WHERE period = 'training') AS training_order_count,
        sum(order_count) AS order_count
    FROM features.evaluation_periods
),

frequent_products AS (
    SELECT sold_products.product_code
    FROM features.sold_products
    CROSS JOIN periods
    WHERE
        sold_products.training_order_count + sold_products.holdout_order_count
        >= least($basket_rules__minimum_support * periods.order_count, $basket_rules__sufficient_order_count)
        OR sold_products.training_order_count
        >= least(
            $basket_rules__minimum_support * periods.training_order_count, $basket_rules__sufficient_order_count
        )
),

purchases AS (
    SELECT
        purchases.order_code,
        purchases.placed_on,
        purchases.product_code
    FROM features.purchases
    SEMI JOIN frequent_products USING (product_code)
),

baskets AS (
    SELECT order_code, any_value(placed_on) AS placed_on
    FROM purchases
    GROUP BY order_code
    HAVING count(*) > 1
),

coded_orders AS (
    SELECT
        baskets.order_code AS known_code,
        baskets.placed_on > periods.training_ended_on AS is_holdout,
        (row_number() OVER (ORDER BY baskets.placed_on, known_orders.order_id) - 1)::INTEGER AS order_code
    FROM baskets
    INNER JOIN features.known_orders USING (order_code)
    CROSS JOIN periods
)

SELECT
    coded_orders.order_code,
    purchases.product_code,
    coded_orders.is_holdout
FROM purchases
INNER JOIN coded_orders ON coded_orders.known_code = purchases.order_code
