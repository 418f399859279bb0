-- The last day with orders; NULL before the first.
SELECT max(ordered_on) AS ordered_on FROM core.order_lines
