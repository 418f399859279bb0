-- Orders whose second line follows what a friend bought first in an order of the 60 days before.
WITH orders AS (
    SELECT rowid AS order_index, customer_index, ordered_at
    FROM world.arrivals
),

asking AS (
    SELECT orders.*, friends.friend_index, friends.since_on
    FROM orders
    INNER JOIN world.friends
        ON friends.customer_index = orders.customer_index
        AND friends.position = pick('which friend', orders.order_index, friends.friend_count)
    WHERE draw('asks a friend', orders.order_index) < 0.3 AND NOT has_bundle(orders.order_index)
)

SELECT asking.order_index, orders.order_index AS friend_order_index, orders.customer_index AS friend_index
FROM asking
ASOF INNER JOIN orders
    ON orders.customer_index = asking.friend_index AND asking.ordered_at > orders.ordered_at
WHERE orders.ordered_at >= asking.ordered_at - INTERVAL 60 DAY AND orders.ordered_at >= asking.since_on
ORDER BY asking.order_index
