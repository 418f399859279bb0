-- Orders added up from their lines.
SELECT
    order_id,
    -- An order has one customer and one country; should lines disagree, the last in the alphabet counts.
    max(customer_id) AS customer_id,
    max(country) AS country,
    bool_or(line_kind = 'sale') AS is_sale,
    bool_or(line_kind = 'return') AND NOT bool_or(line_kind = 'sale') AS is_return,
    count(*) AS line_count,
    count(DISTINCT product_id) FILTER (WHERE line_kind = 'sale') AS product_count,
    coalesce(sum(quantity) FILTER (WHERE line_kind = 'sale'), 0)::BIGINT AS unit_count,
    CASE WHEN count(amount) > 0 THEN coalesce(sum(amount) FILTER (WHERE line_kind = 'sale'), 0) END
        AS sales_amount,
    CASE WHEN count(amount) > 0 THEN coalesce(-sum(amount) FILTER (WHERE line_kind = 'return'), 0) END
        AS returns_amount,
    CASE WHEN count(amount) > 0
        THEN coalesce(sum(amount) FILTER (WHERE line_kind IN ('charge', 'adjustment')), 0) END
        AS charges_amount,
    min(ordered_at) AS ordered_at,
    min(ordered_on) AS ordered_on
FROM core.order_lines
GROUP BY order_id
