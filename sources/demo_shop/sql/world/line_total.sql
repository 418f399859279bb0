-- Clean rows of all orders, postage and credit notes included, for a given scale of the baskets.
WITH orders AS (
    SELECT *, product_line_count(basket_draw, $basket_scale, minimum_line_count) AS line_count
    FROM world.orders
)

SELECT
    sum(
        line_count
        + has_postage::INTEGER
        + CASE WHEN returned_on IS NULL THEN 0 ELSE returned_line_count(order_index, line_count) END
    )::BIGINT AS line_total
FROM orders
