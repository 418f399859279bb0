-- What customers have decided, with dirty copies.
WITH chosen AS (
    SELECT consents.*, dirt_kinds.kind
    FROM (
        SELECT *, row_number() OVER (ORDER BY draw('dirty consent', customer_index), days_later) - 1 AS place
        FROM world.consents
    ) AS consents
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'consents' AND dirt_kinds.kind_index = place % kind_count
    WHERE place < greatest(kind_count, (SELECT count(*) FROM world.consents) // 100)
),

rows AS (
    SELECT
        customer_index, days_later, 1 AS is_clean, customer_number, purpose, channel,
        CASE WHEN is_granted THEN 'yes' ELSE 'no' END AS answer, time_text(decided_at) AS decided_at,
        NULL::VARCHAR AS dirt_kind
    FROM world.consents
    UNION ALL
    SELECT
        customer_index,
        days_later,
        0,
        CASE kind WHEN 'missing customer' THEN NULL ELSE customer_number END,
        CASE kind WHEN 'unknown purpose' THEN 'weather' ELSE purpose END,
        channel,
        CASE
            WHEN kind = 'answer in other words' THEN 'perhaps'
            WHEN is_granted THEN 'yes'
            ELSE 'no'
        END,
        CASE kind
            WHEN 'impossible date' THEN strftime(decided_at, '%Y-02-30 %H:%M:%S')
            ELSE time_text(decided_at)
        END,
        kind
    FROM chosen
)

SELECT customer_number, purpose, channel, answer, decided_at, dirt_kind
FROM rows
ORDER BY customer_index, days_later, is_clean
