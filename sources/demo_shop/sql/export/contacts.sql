-- Who was assigned to which arm, with dirty copies.
WITH chosen AS (
    SELECT contacts.*, dirt_kinds.kind
    FROM (
        SELECT
            *,
            row_number() OVER (ORDER BY draw('dirty contact', customer_index::BIGINT * 100 + campaign_index)) - 1
                AS place
        FROM world.contacts
    ) AS contacts
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'contacts' AND dirt_kinds.kind_index = place % kind_count
    WHERE place < greatest(kind_count, (SELECT count(*) FROM world.contacts) // 500)
),

rows AS (
    SELECT
        campaign_index, customer_index, 1 AS is_clean, campaign_number, customer_number, arm,
        (arm = 'control')::VARCHAR AS is_control, started_on::VARCHAR AS contacted_on, NULL::VARCHAR AS dirt_kind
    FROM world.contacts
    UNION ALL
    SELECT
        campaign_index,
        customer_index,
        0,
        campaign_number,
        CASE kind WHEN 'missing customer' THEN NULL ELSE customer_number END,
        arm,
        CASE kind WHEN 'control flag in words' THEN 'perhaps' ELSE (arm = 'control')::VARCHAR END,
        CASE kind WHEN 'impossible date' THEN strftime(started_on, '%Y-%m-32') ELSE started_on::VARCHAR END,
        kind
    FROM chosen
)

SELECT campaign_number, customer_number, arm, is_control, contacted_on, dirt_kind
FROM rows
ORDER BY campaign_index, customer_index, is_clean
