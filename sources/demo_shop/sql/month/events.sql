-- The month's visits in the order of time: a quarter of the orders are seen being placed, and half as many visits as
-- there are orders end without one. A row's rowid numbers the event within the month.
WITH months AS (
    SELECT min(day) AS first_on, count(*) AS day_count FROM world.days WHERE month_index = $month_index
),

bought AS (
    SELECT
        'V' || (10000001 + order_index) AS session_number,
        order_index AS session_key,
        *
    FROM month.lines
    WHERE draw('seen', order_index) < 0.25 AND line_number <= 4
),

looking AS (
    SELECT
        'W' || (10000001 + lines.order_index) AS session_number,
        lines.order_index AS session_key,
        customers.customer_index,
        CASE WHEN months.first_on - $first_day::DATE BETWEEN customers.signed_up_day AND customers.left_day
            THEN customers.customer_number END AS customer_number,
        customers.favourite_category_index AS category_index,
        lines.ordered_at
    FROM month.lines
    CROSS JOIN months
    INNER JOIN world.customers
        ON customers.customer_index = pick('who looks', lines.order_index, $customer_count)
    WHERE lines.line_number = 1 AND draw('somebody looks', lines.order_index) < 0.5
),

looked_at AS (
    SELECT looking.*, unnest(range(1, 2 + pick('views', session_key, 4))) AS view_number
    FROM looking
),

viewed AS (
    SELECT
        looked_at.*,
        products.sku
    FROM looked_at
    INNER JOIN world.products
        ON products.product_index = (
            looked_at.category_index * 4 + pick('leaf', line_key(session_key, view_number), 4)
            + 24 * floor(draw('rank', line_key(session_key, view_number)) ** 2 * ($product_count // 24))
        )
),

sessions AS (
    SELECT session_number, session_key, customer_number, min(ordered_at) AS ends_at, count(*) AS view_count
    FROM (
        SELECT session_number, session_key, customer_number, ordered_at FROM bought
        UNION ALL
        SELECT session_number, session_key, customer_number, ordered_at FROM viewed
    )
    GROUP BY session_number, session_key, customer_number
),

events AS (
    SELECT session_number, session_key, customer_number, NULL AS sku, 'visit' AS event_kind, 0 AS step,
        ends_at - to_seconds(900 + 60 * view_count) AS occurred_at
    FROM sessions
    UNION ALL
    SELECT session_number, session_key, customer_number, NULL, 'search', 1,
        ends_at - to_seconds(850 + 60 * view_count)
    FROM sessions
    WHERE draw('searches', session_key) < 0.3
    UNION ALL
    SELECT session_number, session_key, customer_number, sku, 'view', 2 * line_number,
        ordered_at - to_seconds(800 - 120 * line_number)
    FROM bought
    UNION ALL
    SELECT session_number, session_key, customer_number, sku, 'add_to_cart', 2 * line_number + 1,
        ordered_at - to_seconds(760 - 120 * line_number)
    FROM bought
    UNION ALL
    SELECT session_number, session_key, customer_number, sku, 'purchase', 20 + line_number, ordered_at
    FROM bought
    UNION ALL
    SELECT session_number, session_key, customer_number, sku, 'view', 2 * view_number,
        ordered_at - to_seconds(800 - 120 * view_number)
    FROM viewed
    UNION ALL
    SELECT session_number, session_key, customer_number, sku, 'add_to_cart', 2 * view_number + 1,
        ordered_at - to_seconds(760 - 120 * view_number)
    FROM viewed
    WHERE draw('abandons', line_key(session_key, view_number)) < 0.1
)

SELECT
    session_number,
    customer_number,
    sku,
    event_kind,
    ['search', 'search', 'email', 'social', 'direct', 'direct', 'advertisement', 'partner'][
        1 + pick('channel', session_key, 8)
    ] AS channel,
    occurred_at
FROM events
ORDER BY occurred_at, session_number, step
