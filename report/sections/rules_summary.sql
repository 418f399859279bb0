-- One row: how many rules there are, and how many of those known before still held on later orders.
SELECT
    count(*) AS rule_count,
    count(holdout_lift) AS tested_count,
    count(*) FILTER (WHERE holdout_lift > 1) AS held_count
FROM results.basket_rules
