-- One row per campaign, segment and arm: what being contacted adds to the rate of orders, as a share of that rate,
-- and how many of the orders of the group's customers would not have been placed without it.
WITH added AS (
    SELECT campaign_index, customer_index, count(*) AS added_order_count
    FROM world.arrivals
    WHERE campaign_index > 0
    GROUP BY campaign_index, customer_index
)

SELECT
    contacts.campaign_number,
    contacts.segment AS customer_group,
    contacts.arm,
    coalesce(any_value(uplift.added_rate), 0.0) AS added_rate,
    count(*) AS customer_count,
    coalesce(sum(added.added_order_count), 0)::BIGINT AS added_order_count
FROM world.contacts
LEFT JOIN planted.uplift USING (campaign_index, arm, segment)
LEFT JOIN added USING (campaign_index, customer_index)
GROUP BY contacts.campaign_number, contacts.segment, contacts.arm
ORDER BY contacts.campaign_number, contacts.segment, contacts.arm
