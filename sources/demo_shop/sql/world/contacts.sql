-- Everybody who had signed up before the campaign, put into an arm at random.
SELECT
    campaigns.campaign_index,
    campaigns.campaign_number,
    customers.customer_index,
    customers.customer_number,
    customers.segment,
    campaigns.arms[
        1 + pick('arm', customers.customer_index * 100 + campaigns.campaign_index, len(campaigns.arms))
    ] AS arm,
    campaigns.started_on,
    campaigns.ended_on
FROM planted.campaigns
INNER JOIN world.customers
    ON $first_day::DATE + customers.signed_up_day < campaigns.started_on
ORDER BY campaigns.campaign_index, customers.customer_index
