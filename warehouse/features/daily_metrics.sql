-- The days of the shop until the last day with an order line by $as_of: whether quiet days follow, nobody knew then.
SELECT *
FROM core.daily_metrics
WHERE metric_on <= (SELECT max(ordered_on) FROM core.order_lines WHERE ordered_on <= $as_of)
