-- Customers whose last order, visit, review, tie, decision on consent or sign-up is of before the day `kept_from`.
-- That the shop has contacted somebody is no sign of theirs.
WITH signs AS (
    SELECT customer_id, ordered_on AS seen_on FROM core.order_lines
    UNION ALL SELECT customer_id, occurred_on AS seen_on FROM core.events
    UNION ALL SELECT customer_id, reviewed_on AS seen_on FROM core.reviews
    UNION ALL SELECT customer_id, signed_up_on AS seen_on FROM core.customers
    UNION ALL SELECT customer_id, decided_on AS seen_on FROM core.consents
    UNION ALL SELECT customer_id, since_on AS seen_on FROM core.social_ties
    UNION ALL SELECT friend_id AS customer_id, since_on AS seen_on FROM core.social_ties
)
SELECT customer_id
FROM signs
WHERE customer_id IS NOT NULL
GROUP BY customer_id
HAVING max(seen_on) < $kept_from
ORDER BY customer_id
