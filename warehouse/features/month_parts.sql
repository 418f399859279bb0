-- The shop's months by total, category, country, customer type and customer tenure, within one bucket of customers.
WITH orders AS (
    SELECT
        known_orders.order_code,
        buyers.customer_code,
        known_orders.country,
        known_orders.unit_count,
        known_orders.sales_amount,
        coalesce(known_orders.sales_amount::DOUBLE, known_orders.unit_count::DOUBLE) AS order_value,
        date_trunc('month', known_orders.ordered_on)::DATE AS month_on
    FROM features.known_orders
    LEFT JOIN features.buyers USING (customer_id)
    WHERE known_orders.is_sale
),

-- One row per customer, so that distinct customers need only be counted; those whom nobody knows are one row.
country_months AS (
    SELECT
        customer_code,
        country,
        month_on,
        count(*) AS order_count,
        sum(unit_count) AS unit_count,
        sum(sales_amount) AS sales_amount,
        sum(order_value * order_value) AS value_squares
    FROM orders
    GROUP BY customer_code, country, month_on
),

customer_months AS (
    SELECT
        customer_code,
        month_on,
        sum(order_count) AS order_count,
        sum(unit_count) AS unit_count,
        sum(sales_amount) AS sales_amount,
        sum(value_squares) AS value_squares
    FROM country_months
    GROUP BY customer_code, month_on
),

first_months AS (
    SELECT customer_code, date_trunc('month', first_ordered_on)::DATE AS first_month_on
    FROM features.buyers
),

customer_types AS (
    SELECT buyers.customer_code, customers.customer_type
    FROM core.customers AS customers
    INNER JOIN features.buyers USING (customer_id)
    WHERE customers.customer_type IS NOT NULL
),

-- An order counts whole in each of these dimensions.
whole_orders AS (
    SELECT 'total' AS dimension, 'all' AS member, customer_months.*
    FROM customer_months
    UNION ALL BY NAME
    SELECT 'country' AS dimension, coalesce(country, 'unknown') AS member, country_months.* EXCLUDE (country)
    FROM country_months
    UNION ALL BY NAME
    SELECT
        'customer_type' AS dimension,
        coalesce(customer_types.customer_type, 'unknown') AS member,
        customer_months.*
    FROM customer_months
    LEFT JOIN customer_types USING (customer_code)
    WHERE EXISTS (SELECT 1 FROM core.customers WHERE customer_type IS NOT NULL)
    UNION ALL BY NAME
    SELECT
        'customer_tenure' AS dimension,
        CASE
            WHEN first_months.first_month_on IS NULL THEN 'unknown'
            WHEN first_months.first_month_on = customer_months.month_on THEN 'new'
            ELSE 'returning'
        END AS member,
        customer_months.*
    FROM customer_months
    LEFT JOIN first_months USING (customer_code)
),

-- Orders that may have more than one row of a category: on several days, or of goods and of charges.
parted_orders AS (
    SELECT DISTINCT order_code
    FROM features.order_categories
    WHERE ordered_on <> placed_on OR NOT is_product
),

order_categories AS (
    SELECT order_code, customer_code, category_code, unit_count, sales_amount
    FROM features.order_categories
    ANTI JOIN parted_orders USING (order_code)
    UNION ALL BY NAME
    SELECT
        order_code,
        any_value(customer_code) AS customer_code,
        category_code,
        sum(unit_count)::BIGINT AS unit_count,
        sum(sales_amount)::DECIMAL(18, 4) AS sales_amount
    FROM features.order_categories
    SEMI JOIN parted_orders USING (order_code)
    GROUP BY order_code, category_code
),

category_months AS (
    SELECT
        order_categories.customer_code,
        order_categories.category_code,
        orders.month_on,
        count(*) AS order_count,
        sum(order_categories.unit_count) AS unit_count,
        sum(order_categories.sales_amount) AS sales_amount,
        sum(
            coalesce(order_categories.sales_amount::DOUBLE, order_categories.unit_count::DOUBLE)
            * coalesce(order_categories.sales_amount::DOUBLE, order_categories.unit_count::DOUBLE)
        ) AS value_squares,
        sum(
            coalesce(order_categories.sales_amount::DOUBLE, order_categories.unit_count::DOUBLE) * orders.order_value
        ) AS value_products
    FROM order_categories
    INNER JOIN orders USING (order_code)
    GROUP BY order_categories.customer_code, order_categories.category_code, orders.month_on
),

categories AS (
    SELECT DISTINCT category_code, category
    FROM features.product_codes
    WHERE category_code IS NOT NULL
)

SELECT
    dimension,
    member,
    month_on,
    sum(order_count) AS order_count,
    count(customer_code) AS customer_count,
    sum(unit_count) AS unit_count,
    sum(sales_amount) AS sales_amount,
    sum(value_squares) AS value_squares,
    sum(value_squares) AS value_products
FROM whole_orders
GROUP BY dimension, member, month_on
UNION ALL BY NAME
SELECT
    'category' AS dimension,
    coalesce(categories.category, 'unknown') AS member,
    category_months.month_on,
    sum(category_months.order_count) AS order_count,
    count(category_months.customer_code) AS customer_count,
    sum(category_months.unit_count) AS unit_count,
    sum(category_months.sales_amount) AS sales_amount,
    sum(category_months.value_squares) AS value_squares,
    sum(category_months.value_products) AS value_products
FROM category_months
LEFT JOIN categories USING (category_code)
GROUP BY categories.category, category_months.month_on
