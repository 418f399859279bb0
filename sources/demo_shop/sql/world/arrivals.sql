-- Orders, in the order of time: a fixed number of draws over all streams, which makes each stream Poisson, and the
-- first order of each new customer on the day of signing up. An order's rowid is its number.
WITH draws AS (
    SELECT
        order_draw,
        floor(draw('stream', order_draw) * (SELECT max(weight_from + weight) FROM world.streams))::BIGINT AS target
    FROM range($order_draw_count) AS draws (order_draw)
),

placed AS (
    SELECT
        draws.order_draw,
        streams.customer_index,
        streams.campaign_index,
        streams.time_from
            + floor(draw('moment', draws.order_draw) * (streams.time_to - streams.time_from))::BIGINT AS moment
    FROM draws
    ASOF INNER JOIN world.streams ON draws.target >= streams.weight_from
),

dated AS (
    SELECT placed.order_draw, placed.customer_index, placed.campaign_index, false AS is_first, days.day
    FROM placed
    ASOF INNER JOIN world.days ON placed.moment >= days.time_from
    UNION ALL
    SELECT -1 - customer_index, customer_index, 0, true, $first_day::DATE + signed_up_day
    FROM world.customers
    WHERE signed_up_day >= 0
)

SELECT
    customer_index::INTEGER AS customer_index,
    campaign_index::INTEGER AS campaign_index,
    is_first,
    day,
    -- Between seven in the morning and eleven at night, most around three.
    day + to_seconds((25200 + 28800 * (draw('clock 1', order_draw) + draw('clock 2', order_draw)))::INTEGER)
        AS ordered_at
FROM dated
ORDER BY ordered_at, order_draw
