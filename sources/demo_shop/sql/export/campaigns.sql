-- The campaigns, with one dirty copy of each kind.
WITH clean AS (
    SELECT campaigns.*, round(campaigns.cost_per_contact * treated.contact_count, 2)::DECIMAL(18, 2)::VARCHAR AS cost
    FROM planted.campaigns
    INNER JOIN (
        SELECT campaign_index, count(*) FILTER (WHERE arm <> 'control') AS contact_count
        FROM world.contacts
        GROUP BY campaign_index
    ) AS treated USING (campaign_index)
),

rows AS (
    SELECT
        campaign_index, 1 AS is_clean, campaign_number, name, channel, cost, started_on::VARCHAR AS started_on,
        ended_on::VARCHAR AS ended_on, NULL::VARCHAR AS dirt_kind
    FROM clean
    UNION ALL
    SELECT
        campaign_index,
        0,
        CASE expected_outcome WHEN 'duplicate' THEN campaign_number ELSE campaign_number || '-2' END,
        name,
        channel,
        cost,
        started_on::VARCHAR,
        CASE kind WHEN 'ends before it starts' THEN (started_on - 1)::VARCHAR ELSE ended_on::VARCHAR END,
        kind
    FROM clean
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'campaigns' AND dirt_kinds.kind_index = clean.campaign_index - 1
)

SELECT campaign_number, name, channel, cost, started_on, ended_on, dirt_kind
FROM rows
ORDER BY campaign_index, is_clean
