-- What is decided for the whole order: bundle, guest or not, postage, size of the basket, day of return.
WITH orders AS (
    SELECT
        arrivals.rowid AS order_index,
        arrivals.*,
        CASE WHEN has_bundle(arrivals.rowid) THEN pick('bundle', arrivals.rowid, $bundle_count) END AS bundle_index
    FROM world.arrivals
),

credited AS (
    SELECT
        orders.order_index,
        min(CASE
            WHEN draw('is returned', orders.order_index) < 0.04
                THEN orders.day + 3 + pick('return delay', orders.order_index, 23)::INTEGER
            WHEN draw('is returned', orders.order_index) >= 1.0 - days.returned_share
                THEN days.day
        END) AS returned_on
    FROM orders
    LEFT JOIN (FROM world.days WHERE returned_share > 0) AS days
        ON orders.day BETWEEN days.day - 30 AND days.day - 1
    WHERE draw('is returned', orders.order_index) < 0.04 OR draw('is returned', orders.order_index) > 0.9
    GROUP BY orders.order_index
)

SELECT
    orders.order_index,
    orders.customer_index,
    orders.campaign_index,
    orders.ordered_at,
    datediff('month', $first_day::DATE, orders.day)::INTEGER AS month_index,
    NOT orders.is_first AND draw('guest', orders.order_index) < 0.03 AS is_guest,
    draw('postage', orders.order_index) < 0.3 AS has_postage,
    orders.bundle_index,
    bundles.bundle_size,
    inspirations.friend_order_index,
    inspirations.friend_index,
    exponential('basket', orders.order_index) * customers.basket_factor AS basket_draw,
    CASE WHEN inspirations.friend_index IS NOT NULL THEN 2 ELSE coalesce(bundles.bundle_size + 1, 1) END
        AS minimum_line_count,
    CASE WHEN credited.returned_on <= $last_day::DATE THEN credited.returned_on END AS returned_on
FROM orders
INNER JOIN world.customers USING (customer_index)
LEFT JOIN (SELECT DISTINCT bundle_index, bundle_size FROM world.bundle_members) AS bundles USING (bundle_index)
LEFT JOIN world.inspirations USING (order_index)
LEFT JOIN credited USING (order_index)
ORDER BY orders.order_index
