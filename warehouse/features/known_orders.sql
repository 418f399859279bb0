-- The orders of core; those that got lines after $as_of, or of which something was undone after it, are added up again, as
-- core.orders adds them up, until then.
WITH later AS (
    SELECT DISTINCT order_id
    FROM core.order_lines
    WHERE ordered_on > $as_of
    UNION
    SELECT DISTINCT sale_order_id AS order_id
    FROM core.undone_sales
    WHERE undone_on > $as_of
),

undone AS (
    SELECT
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        sum(undone_unit_count)::BIGINT AS undone_unit_count,
        sum(undone_amount) AS undone_amount
    FROM core.undone_sales
    WHERE undone_on <= $as_of
    GROUP BY sale_order_id, sale_line_id
),

lines AS (
    SELECT
        *,
        line_kind = 'sale' AS was_sale,
        line_kind = 'sale' AND quantity > coalesce(undone_unit_count, 0) AS is_sale
    FROM (
        SELECT *
        FROM core.order_lines
        SEMI JOIN later USING (order_id)
    )
    LEFT JOIN undone USING (order_id, line_id)
    WHERE ordered_on <= $as_of
),

orders AS (
    SELECT
        order_id,
        customer_id,
        country,
        is_sale,
        -- Of what was sold something is left, or all of it was undone.
        is_sale OR EXISTS (
            SELECT 1
            FROM core.undone_sales
            WHERE sale_order_id = orders.order_id
        ) AS was_sale,
        line_count,
        product_count,
        unit_count,
        sales_amount,
        ordered_at,
        ordered_on
    FROM core.orders
    ANTI JOIN later USING (order_id)
    WHERE ordered_on <= $as_of
    UNION ALL BY NAME
    SELECT
        order_id,
        max(customer_id) AS customer_id,
        max(country) AS country,
        bool_or(is_sale) AS is_sale,
        bool_or(was_sale) AS was_sale,
        count(*) AS line_count,
        count(DISTINCT product_id) FILTER (WHERE is_sale) AS product_count,
        coalesce(sum(quantity - coalesce(undone_unit_count, 0)) FILTER (WHERE is_sale), 0)::BIGINT AS unit_count,
        CASE WHEN count(amount) > 0
            THEN coalesce(sum(amount - coalesce(undone_amount, 0)) FILTER (WHERE is_sale), 0)
        END AS sales_amount,
        min(ordered_at) AS ordered_at,
        min(ordered_on) AS ordered_on
    FROM lines
    GROUP BY order_id
)

SELECT
    orders.*,
    -- The numbers serve this build only: any will do, as long as no two are equal.
    (row_number() OVER () - 1)::INTEGER AS order_code,
    -- An order lies where its customer lies, and one of nobody by itself.
    (hash(coalesce(customer_id, order_id)) % $bucket_count::UBIGINT)::INTEGER AS bucket
FROM orders
