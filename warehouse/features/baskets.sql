-- Orders of several products as sets of product codes, numbered from the first day on.
WITH orders AS (
    SELECT
        known_orders.order_code AS known_code,
        known_orders.ordered_on AS placed_on,
        (
            basket_days.first_order_code
            + row_number() OVER (PARTITION BY known_orders.ordered_on ORDER BY known_orders.order_id) - 1
        )::INTEGER AS order_code
    FROM features.known_orders
    INNER JOIN features.basket_days ON basket_days.placed_on = known_orders.ordered_on
    WHERE known_orders.is_sale AND known_orders.product_count > 1
)

SELECT
    orders.order_code,
    purchases.product_code,
    orders.placed_on
FROM features.purchases
INNER JOIN orders ON orders.known_code = purchases.order_code
