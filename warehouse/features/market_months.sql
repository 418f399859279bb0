-- The shop's months, in total and by category, country, customer type and customer tenure.
WITH sales AS (
    SELECT
        order_code,
        customer_id,
        country,
        unit_count,
        sales_amount,
        coalesce(sales_amount::DOUBLE, unit_count::DOUBLE) AS order_value,
        ordered_on,
        date_trunc('month', ordered_on)::DATE AS month_on
    FROM features.known_orders
    WHERE is_sale
),

bounds AS (
    SELECT
        min(ordered_on) AS first_on,
        least(max(ordered_on) + 3, $as_of::DATE) AS last_on,
        bool_or(country IS NOT NULL) AS has_countries
    FROM sales
),

first_months AS (
    SELECT customer_id, min(month_on) AS first_month_on
    FROM sales
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
),

customer_types AS (
    SELECT customer_id, customer_type
    FROM core.customers
    WHERE customer_type IS NOT NULL
),

-- An order counts whole in each of these dimensions.
whole_orders AS (
    SELECT 'total' AS dimension, 'all' AS member, sales.*, order_value AS member_value
    FROM sales
    UNION ALL BY NAME
    SELECT 'country' AS dimension, coalesce(sales.country, 'unknown') AS member, sales.*, order_value AS member_value
    FROM sales
    CROSS JOIN bounds
    WHERE bounds.has_countries
    UNION ALL BY NAME
    SELECT
        'customer_type' AS dimension,
        coalesce(customer_types.customer_type, 'unknown') AS member,
        sales.*,
        order_value AS member_value
    FROM sales
    LEFT JOIN customer_types USING (customer_id)
    WHERE EXISTS (SELECT 1 FROM customer_types)
    UNION ALL BY NAME
    SELECT
        'customer_tenure' AS dimension,
        CASE
            WHEN first_months.first_month_on IS NULL THEN 'unknown'
            WHEN first_months.first_month_on = sales.month_on THEN 'new'
            ELSE 'returning'
        END AS member,
        sales.*,
        order_value AS member_value
    FROM sales
    LEFT JOIN first_months USING (customer_id)
    WHERE EXISTS (SELECT 1 FROM first_months)
),

-- An order is split by the categories of its lines.
categories AS (
    SELECT product_id, category
    FROM core.products
    WHERE category IS NOT NULL
),

order_categories AS (
    SELECT
        sales.order_code,
        coalesce(categories.category, 'unknown') AS member,
        sum(sales.quantity) AS unit_count,
        sum(sales.amount) AS sales_amount
    FROM features.sales
    LEFT JOIN categories USING (product_id)
    WHERE EXISTS (SELECT 1 FROM categories)
    GROUP BY ALL
),

split_orders AS (
    SELECT
        'category' AS dimension,
        order_categories.member,
        sales.order_code,
        sales.customer_id,
        order_categories.unit_count,
        order_categories.sales_amount,
        sales.order_value,
        sales.month_on,
        coalesce(order_categories.sales_amount::DOUBLE, order_categories.unit_count::DOUBLE) AS member_value
    FROM order_categories
    INNER JOIN sales USING (order_code)
),

months AS (
    SELECT
        dimension,
        member,
        month_on,
        count(*) AS order_count,
        count(DISTINCT customer_id) AS customer_count,
        sum(unit_count)::BIGINT AS unit_count,
        sum(sales_amount)::DECIMAL(18, 4) AS sales_amount,
        -- Rounded, so that the order in which threads add numbers up does not show.
        round(sum(member_value * member_value), 4) AS value_squares,
        round(sum(member_value * order_value), 4) AS value_products
    FROM (
        SELECT dimension, member, month_on, customer_id, unit_count, sales_amount, member_value, order_value
        FROM whole_orders
        UNION ALL BY NAME
        SELECT dimension, member, month_on, customer_id, unit_count, sales_amount, member_value, order_value
        FROM split_orders
    )
    GROUP BY dimension, member, month_on
)

SELECT
    months.*,
    bounds.first_on <= months.month_on + 3 AND last_day(months.month_on) <= bounds.last_on AS is_complete
FROM months
CROSS JOIN bounds
