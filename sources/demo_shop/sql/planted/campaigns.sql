-- Three campaigns of four weeks: one arm, two arms, and one that does nothing at all.
SELECT
    campaign_index,
    'CAMP-' || campaign_index AS campaign_number,
    name,
    channel,
    cost_per_contact::DOUBLE AS cost_per_contact,
    ($last_day - days_before_the_last)::DATE AS started_on,
    ($last_day - days_before_the_last + 27)::DATE AS ended_on,
    arms
FROM (VALUES
    (1, 'Letter to the loyal', 'post', 0.95, 540, ['control', 'letter']),
    (2, 'Spring newsletter', 'email', 0.02, 300, ['control', 'email']),
    (3, 'Summer voucher', 'email', 0.12, 150, ['control', 'email', 'voucher'])
) AS planted (campaign_index, name, channel, cost_per_contact, days_before_the_last, arms)
