-- Ties in both directions, with dirty copies.
WITH clean AS (
    SELECT
        friends.customer_index, friends.friend_index, one.customer_number, other.customer_number AS friend_number,
        friends.since_on::VARCHAR AS since_on
    FROM world.friends
    INNER JOIN world.customers AS one USING (customer_index)
    INNER JOIN world.customers AS other ON other.customer_index = friends.friend_index
),

chosen AS (
    SELECT clean.*, dirt_kinds.kind
    FROM (
        SELECT
            *,
            row_number() OVER (ORDER BY draw('dirty tie', customer_index::BIGINT * 4294967296 + friend_index)) - 1
                AS place
        FROM clean
    ) AS clean
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'social_ties' AND dirt_kinds.kind_index = place % kind_count
    WHERE place < greatest(kind_count, (SELECT count(*) FROM clean) // 500)
),

rows AS (
    SELECT
        customer_index, friend_index, 1 AS is_clean, customer_number, friend_number, since_on,
        NULL::VARCHAR AS dirt_kind
    FROM clean
    UNION ALL
    SELECT
        customer_index,
        friend_index,
        0,
        customer_number,
        CASE kind WHEN 'missing friend' THEN NULL WHEN 'tie to oneself' THEN customer_number ELSE friend_number END,
        CASE kind WHEN 'impossible date' THEN '2024-04-31' ELSE since_on END,
        kind
    FROM chosen
)

SELECT customer_number, friend_number, since_on, dirt_kind
FROM rows
ORDER BY customer_index, friend_index, is_clean
