-- A product's price in a month, and its part of its category's demand: popularity times the price effect,
-- (price / list price) ^ elasticity. demand_from and demand_to lay the products of a category side by side.
WITH prices AS (
    SELECT
        products.*,
        month_index,
        draw('price change', product_index * 1000 + month_index) AS change
    FROM world.products
    CROSS JOIN range($month_count) AS months (month_index)
),

changed AS (
    SELECT
        *,
        round(list_price * CASE
            WHEN change < 0.55 THEN 1.0
            WHEN change < 0.70 THEN 0.85
            WHEN change < 0.82 THEN 0.7
            ELSE 1.15
        END, 2)::DECIMAL(18, 2) AS unit_price
    FROM prices
),

weighted AS (
    SELECT *, round(1e9 * popularity * (unit_price / list_price) ** elasticity)::BIGINT AS demand
    FROM changed
)

SELECT
    month_index::INTEGER AS month_index,
    category_index,
    product_index,
    sku,
    unit_price,
    (sum(demand) OVER by_category - demand)::BIGINT AS demand_from,
    (sum(demand) OVER (PARTITION BY month_index, category_index))::BIGINT AS category_demand
FROM weighted
WINDOW by_category AS (PARTITION BY month_index, category_index ORDER BY product_index)
ORDER BY month_index, category_index, product_index
