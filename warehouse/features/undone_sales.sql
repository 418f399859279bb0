-- What was undone by $as_of of sales to buyers, by line and day.
WITH undone AS (
    SELECT
        sale_order_id AS order_id,
        sale_line_id AS line_id,
        product_id,
        undone_on,
        any_value(sold_on) AS sold_on,
        any_value(sold_unit_count) AS sold_unit_count,
        sum(undone_unit_count)::BIGINT AS unit_count,
        sum(undone_amount) AS amount
    FROM core.undone_sales
    WHERE undone_on <= $as_of
    GROUP BY sale_order_id, sale_line_id, product_id, undone_on
)

SELECT
    known_orders.order_code,
    buyers.customer_code,
    product_codes.product_code,
    -- Of a line undone on several days the last one says so.
    sum(undone.unit_count) OVER line >= undone.sold_unit_count
        AND undone.undone_on = max(undone.undone_on) OVER line AS is_whole,
    undone.unit_count AS quantity,
    undone.amount,
    undone.sold_on AS ordered_on,
    undone.undone_on,
    known_orders.bucket
FROM undone
INNER JOIN features.known_orders USING (order_id)
INNER JOIN features.buyers USING (customer_id)
INNER JOIN features.product_codes USING (product_id)
WINDOW line AS (PARTITION BY undone.order_id, undone.line_id)
