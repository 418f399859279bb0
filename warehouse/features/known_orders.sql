-- The orders of core; those that got lines after $as_of are added up again, as core.orders adds them up, until then.
WITH later AS (
    SELECT DISTINCT order_id
    FROM core.order_lines
    WHERE ordered_on > $as_of
),

orders AS (
    SELECT
        order_id, customer_id, country, is_sale, line_count, product_count, unit_count, sales_amount, ordered_at, ordered_on
    FROM core.orders
    ANTI JOIN later USING (order_id)
    WHERE ordered_on <= $as_of
    UNION ALL BY NAME
    SELECT
        order_id,
        max(customer_id) AS customer_id,
        max(country) AS country,
        bool_or(line_kind = 'sale') AS is_sale,
        count(*) AS line_count,
        count(DISTINCT product_id) FILTER (WHERE line_kind = 'sale') AS product_count,
        coalesce(sum(quantity) FILTER (WHERE line_kind = 'sale'), 0)::BIGINT AS unit_count,
        CASE WHEN count(amount) > 0 THEN coalesce(sum(amount) FILTER (WHERE line_kind = 'sale'), 0) END
            AS sales_amount,
        min(ordered_at) AS ordered_at,
        min(ordered_on) AS ordered_on
    FROM core.order_lines
    SEMI JOIN later USING (order_id)
    WHERE ordered_on <= $as_of
    GROUP BY order_id
)

SELECT
    orders.*,
    -- The numbers serve this build only: any will do, as long as no two are equal.
    (row_number() OVER () - 1)::INTEGER AS order_code,
    -- An order lies where its customer lies, and one of nobody by itself.
    (hash(coalesce(customer_id, order_id)) % $bucket_count::UBIGINT)::INTEGER AS bucket
FROM orders
