-- What holds as of a day for each customer who had decided anything by then: whether they object to profiling, and by
-- which channels they may be contacted. 'other' stands for every channel that no decision names.
WITH decisions AS (
    SELECT customer_id, purpose, channel, is_granted, decided_at
    FROM core.consents
    WHERE decided_on <= $as_of
),

-- Of two answers at the same moment the refusal counts.
profiling AS (
    SELECT customer_id, NOT arg_max(is_granted, (decided_at, NOT is_granted)) AS is_objecting
    FROM decisions
    WHERE purpose = 'profiling'
    GROUP BY customer_id
),

channels AS (
    SELECT DISTINCT channel
    FROM decisions
    WHERE purpose = 'marketing' AND channel <> 'all'
    UNION
    SELECT 'other' AS channel
),

-- A decision about all channels is one about each, and gives way to one about the channel at the same moment.
by_channel AS (
    SELECT
        people.customer_id,
        channels.channel,
        coalesce(arg_max(decisions.is_granted, (decisions.decided_at, decisions.channel <> 'all')), $by_default)
            AS is_allowed
    FROM (SELECT DISTINCT customer_id FROM decisions) AS people
    CROSS JOIN channels
    LEFT JOIN decisions
        ON people.customer_id = decisions.customer_id
        AND decisions.purpose = 'marketing'
        AND decisions.channel IN ('all', channels.channel)
    GROUP BY people.customer_id, channels.channel
)

SELECT
    by_channel.customer_id,
    coalesce(any_value(profiling.is_objecting), false) AS is_objecting,
    bool_or(by_channel.is_allowed) AS may_contact,
    CASE
        WHEN bool_and(by_channel.is_allowed) THEN 'all'
        ELSE string_agg(by_channel.channel, ', ' ORDER BY by_channel.channel) FILTER (by_channel.is_allowed)
    END AS contact_channels
FROM by_channel
LEFT JOIN profiling ON by_channel.customer_id = profiling.customer_id
GROUP BY by_channel.customer_id
