-- One row per customer: when they came, when they left for good (empty: still a customer on the last day), and how
-- often they would order in an average year without campaigns.
WITH scale AS (
    -- The number of orders is fixed, so what is drawn per unit of weight gives the rates their final scale.
    SELECT $order_draw_count * 365e3 / sum(weight) AS orders_per_planned_order
    FROM world.streams
),

counts AS (
    SELECT customer_index, count(*) AS order_count, max(day) AS last_order_on
    FROM world.arrivals
    GROUP BY customer_index
)

SELECT
    customer_number,
    $first_day::DATE + signed_up_day AS signed_up_on,
    CASE WHEN left_day < $day_count THEN $first_day::DATE + left_day END AS left_on,
    counts.last_order_on,
    left_day >= $day_count AS is_alive,
    orders_per_year * orders_per_planned_order AS orders_per_year,
    coalesce(counts.order_count, 0) AS order_count
FROM world.customers
CROSS JOIN scale
LEFT JOIN counts USING (customer_index)
ORDER BY customer_index
