-- Lines of the month's orders that come back, this month or later.
SELECT
    order_index,
    line_number,
    customer_number,
    country,
    sku,
    unit_price,
    -quantity AS quantity,
    returned_on + to_seconds((32400 + pick('return clock', order_index, 28800))::INTEGER) AS ordered_at,
    datediff('month', $first_day::DATE, returned_on)::INTEGER AS month_index
FROM month.lines
WHERE returned_on IS NOT NULL AND line_number <= returned_line_count(order_index, line_count)
ORDER BY order_index, line_number
