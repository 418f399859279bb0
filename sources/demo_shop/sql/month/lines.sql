-- The product lines of one month's orders. A line draws a category by the customer's tastes, then a product by
-- its part of the category's demand in the month. The second line of an inspired order repeats the draw of the
-- friend's first line; the last lines of an order with a bundle are the bundle.
WITH orders AS (
    SELECT *, product_line_count(basket_draw, $basket_scale, minimum_line_count) AS line_count
    FROM world.orders
    WHERE month_index = $month_index
),

numbered AS (
    SELECT *, unnest(range(1, line_count + 1))::INTEGER AS line_number
    FROM orders
),

sources AS (
    SELECT
        *,
        line_key(order_index, line_number) AS key,
        CASE WHEN line_number = 2 AND friend_index IS NOT NULL
            THEN line_key(friend_order_index, 1) ELSE line_key(order_index, line_number) END AS draw_key,
        CASE WHEN line_number = 2 AND friend_index IS NOT NULL THEN friend_index ELSE customer_index END
            AS taste_index,
        bundle_size - (line_count - line_number) - 1 AS bundle_position
    FROM numbered
),

tasting AS (
    SELECT
        sources.*,
        CASE
            WHEN draw('category', draw_key) < 0.5 THEN tastes.favourite_category_index
            WHEN draw('category', draw_key) < 0.7 THEN tastes.second_category_index
            ELSE pick('any category', draw_key, 6)::INTEGER
        END AS category_index
    FROM sources
    INNER JOIN world.customers AS tastes ON tastes.customer_index = sources.taste_index
),

category_demands AS (
    SELECT DISTINCT category_index, category_demand
    FROM world.product_months
    WHERE month_index = $month_index
),

aiming AS (
    SELECT
        tasting.*,
        floor(draw('product', draw_key) * category_demand)::BIGINT AS target
    FROM tasting
    INNER JOIN category_demands USING (category_index)
),

drawn AS (
    SELECT aiming.*, product_months.product_index AS drawn_product_index
    FROM aiming
    ASOF INNER JOIN (FROM world.product_months WHERE month_index = $month_index) AS product_months
        ON product_months.category_index = aiming.category_index AND aiming.target >= product_months.demand_from
)

SELECT
    drawn.order_index,
    drawn.line_number,
    drawn.line_count,
    drawn.customer_index,
    drawn.ordered_at,
    drawn.is_guest,
    drawn.has_postage,
    drawn.returned_on,
    CASE WHEN drawn.is_guest THEN NULL ELSE customers.customer_number END AS customer_number,
    customers.country,
    prices.product_index,
    prices.sku,
    prices.unit_price,
    (customers.minimum_quantity + floor(exponential('quantity', drawn.key) * customers.extra_quantity))::INTEGER
        AS quantity
FROM drawn
INNER JOIN world.customers ON customers.customer_index = drawn.customer_index
LEFT JOIN world.bundle_members
    ON bundle_members.bundle_index = drawn.bundle_index AND bundle_members.position = drawn.bundle_position
INNER JOIN (FROM world.product_months WHERE month_index = $month_index) AS prices
    ON prices.product_index = coalesce(bundle_members.product_index, drawn.drawn_product_index)
