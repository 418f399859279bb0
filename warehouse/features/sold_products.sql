-- Each product sold: its code, its text, and its orders in each period.
WITH periods AS (
    SELECT
        max(ended_on) FILTER (WHERE period = 'training') AS training_ended_on,
        max(ended_on) AS ended_on
    FROM features.evaluation_periods
),

counts AS (
    SELECT
        product_code,
        sum(order_count) FILTER (WHERE placed_on <= training_ended_on) AS training_order_count,
        sum(order_count) FILTER (WHERE placed_on > training_ended_on) AS holdout_order_count,
        sum(order_count) FILTER (WHERE placed_on > ended_on - $holdout_days::INTEGER) AS recent_order_count,
        sum(order_count) FILTER (
            WHERE placed_on <= training_ended_on AND placed_on > training_ended_on - $holdout_days::INTEGER
        ) AS training_recent_order_count
    FROM features.product_orders
    CROSS JOIN periods
    GROUP BY product_code
)

SELECT
    product_codes.product_code,
    product_codes.product_id,
    coalesce(nullif(trim(products.name), ''), product_codes.product_id) AS name,
    -- The parts are set on lines of their own, so that no word spans two of them.
    concat_ws(
        chr(10),
        nullif(trim(products.name), ''),
        nullif(trim(products.description), ''),
        nullif(trim(products.category_path), '')
    ) AS text,
    products.list_price,
    coalesce(counts.training_order_count, 0) AS training_order_count,
    coalesce(counts.holdout_order_count, 0) AS holdout_order_count,
    coalesce(counts.recent_order_count, 0) AS recent_order_count,
    coalesce(counts.training_recent_order_count, 0) AS training_recent_order_count
FROM features.product_codes
LEFT JOIN counts USING (product_code)
LEFT JOIN core.products AS products USING (product_id)
