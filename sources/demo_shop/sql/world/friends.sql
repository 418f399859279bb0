-- Who knows whom, both ways: a third of the pairs in a circle, and a few across. position numbers a customer's friends.
WITH pairs AS (
    SELECT one.customer_index AS customer_index, other.customer_index AS friend_index
    FROM world.customers AS one
    INNER JOIN world.customers AS other
        ON other.circle = one.circle AND other.customer_index > one.customer_index
    WHERE draw('tie', one.customer_index::BIGINT * 4294967296 + other.customer_index) < 0.35
    UNION
    SELECT
        least(customer_index, pick('far friend', customer_index, $customer_count)),
        greatest(customer_index, pick('far friend', customer_index, $customer_count))
    FROM world.customers
    WHERE
        draw('has a far friend', customer_index) < 0.15
        AND customer_index <> pick('far friend', customer_index, $customer_count)
),

dated AS (
    SELECT
        pairs.*,
        greatest(one.signed_up_day, other.signed_up_day) AS both_there_day,
        draw('since', pairs.customer_index::BIGINT * 4294967296 + pairs.friend_index) AS since_draw
    FROM pairs
    INNER JOIN world.customers AS one USING (customer_index)
    INNER JOIN world.customers AS other ON other.customer_index = pairs.friend_index
),

ties AS (
    SELECT
        customer_index,
        friend_index,
        $first_day::DATE + (both_there_day + floor(since_draw * ($day_count - both_there_day) * 0.5))::INTEGER
            AS since_on
    FROM dated
),

both_ways AS (
    SELECT customer_index, friend_index, since_on FROM ties
    UNION ALL
    SELECT friend_index, customer_index, since_on FROM ties
)

SELECT
    customer_index::INTEGER AS customer_index,
    friend_index::INTEGER AS friend_index,
    since_on,
    row_number() OVER (PARTITION BY customer_index ORDER BY friend_index) - 1 AS position,
    count(*) OVER (PARTITION BY customer_index) AS friend_count
FROM both_ways
ORDER BY customer_index, friend_index
