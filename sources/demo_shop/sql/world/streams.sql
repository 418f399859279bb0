-- Where orders come from: each customer's own rate while they are a customer, and what a campaign adds to it.
-- Orders are a Poisson process in the shop's own time. weight is proportional to the expected number of orders;
-- weight_from lays the streams side by side.
WITH own AS (
    SELECT
        customers.customer_index,
        0 AS campaign_index,
        arrival.time_from,
        departure.time_from AS time_to,
        customers.orders_per_year AS rate
    FROM world.customers
    INNER JOIN world.days AS arrival ON arrival.day_index = greatest(customers.signed_up_day, 0)
    INNER JOIN world.day_bounds AS departure ON departure.day_index = customers.left_day
),

added AS (
    SELECT
        contacts.customer_index,
        contacts.campaign_index,
        greatest(own.time_from, starting.time_from) AS time_from,
        least(own.time_to, ending.time_to) AS time_to,
        own.rate * uplift.added_rate AS rate
    FROM world.contacts
    INNER JOIN planted.uplift USING (campaign_index, arm, segment)
    INNER JOIN own USING (customer_index)
    INNER JOIN world.days AS starting ON starting.day = contacts.started_on
    INNER JOIN world.days AS ending ON ending.day = contacts.ended_on
),

streams AS (
    SELECT * FROM own
    UNION ALL
    SELECT * FROM added
),

weighted AS (
    SELECT *, round(rate * (time_to - time_from) / 1e6)::BIGINT AS weight
    FROM streams
    WHERE time_to > time_from
)

SELECT
    customer_index,
    campaign_index,
    time_from,
    time_to,
    weight,
    (sum(weight) OVER (ORDER BY campaign_index, customer_index) - weight)::BIGINT AS weight_from
FROM weighted
WHERE weight > 0
ORDER BY campaign_index, customer_index
