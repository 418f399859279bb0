-- Orders added up from their lines; of sales counts what stays sold.
WITH undone AS (
    SELECT
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        sum(undone_unit_count)::BIGINT AS undone_unit_count,
        sum(undone_amount) AS undone_amount
    FROM core.undone_sales
    GROUP BY sale_order_id, sale_line_id
),

lines AS (
    SELECT
        order_id,
        customer_id,
        country,
        -- Products of an order are told apart by 64 bits each: in a hundred million orders of ten products two of one
        -- order would be taken for one with a chance of one in four billion.
        hash(product_id) AS product,
        line_kind = 'sale' AS was_sale,
        line_kind = 'sale' AND quantity > coalesce(undone_unit_count, 0) AS is_sale,
        line_kind = 'return' AS is_return,
        line_kind IN ('charge', 'adjustment') AS is_charge,
        quantity - coalesce(undone_unit_count, 0) AS quantity,
        amount,
        amount - coalesce(undone_amount, 0) AS net_amount,
        ordered_at,
        ordered_on
    FROM core.order_lines
    LEFT JOIN undone USING (order_id, line_id)
)

SELECT
    order_id,
    -- An order has one customer and one country; should lines disagree, the last in the alphabet counts.
    max(customer_id) AS customer_id,
    max(country) AS country,
    bool_or(is_sale) AS is_sale,
    bool_or(is_return) AND NOT bool_or(was_sale) AS is_return,
    count(*) AS line_count,
    -- A list for each order takes half of the time of DISTINCT, which groups all lines by order and product.
    coalesce(list_unique(list(product) FILTER (WHERE is_sale)), 0)::BIGINT AS product_count,
    coalesce(sum(quantity) FILTER (WHERE is_sale), 0)::BIGINT AS unit_count,
    CASE WHEN count(amount) > 0 THEN coalesce(sum(net_amount) FILTER (WHERE is_sale), 0) END AS sales_amount,
    CASE WHEN count(amount) > 0 THEN coalesce(-sum(amount) FILTER (WHERE is_return), 0) END AS returns_amount,
    CASE WHEN count(amount) > 0 THEN coalesce(sum(amount) FILTER (WHERE was_sale), 0) END AS gross_amount,
    CASE WHEN count(amount) > 0 THEN coalesce(sum(amount) FILTER (WHERE is_charge), 0) END AS charges_amount,
    min(ordered_at) AS ordered_at,
    min(ordered_on) AS ordered_on
FROM lines
GROUP BY order_id
