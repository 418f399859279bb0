-- All reviews in the order of time, with dirty copies.
WITH clean AS (
    SELECT row_number() OVER (ORDER BY reviewed_at, key) AS place, *
    FROM world.reviews
),

chosen AS (
    SELECT clean.*, dirt_kinds.kind, dirt_kinds.expected_outcome
    FROM (SELECT *, row_number() OVER (ORDER BY draw('dirty review', key)) - 1 AS dirt_place FROM clean) AS clean
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'reviews' AND dirt_kinds.kind_index = dirt_place % kind_count
    WHERE dirt_place < greatest(kind_count, (SELECT count(*) FROM clean) // 100)
),

rows AS (
    SELECT
        place, 1 AS is_clean, 'V' || (100000 + place) AS review_number, sku, customer_number, rating::VARCHAR AS rating,
        title, text, time_text(reviewed_at) AS reviewed_at, NULL::VARCHAR AS dirt_kind
    FROM clean
    UNION ALL
    SELECT
        place,
        0,
        CASE
            WHEN kind = 'missing review number' THEN NULL
            WHEN expected_outcome = 'duplicate' THEN 'V' || (100000 + place)
            ELSE 'V' || (100000 + place) || '-2'
        END,
        sku,
        customer_number,
        CASE kind WHEN 'rating out of range' THEN '9' WHEN 'rating in words' THEN 'five' ELSE rating::VARCHAR END,
        title,
        CASE kind WHEN 'broken encoding' THEN left(text, 3) || chr(65533) || substr(text, 5) ELSE text END,
        CASE kind
            WHEN 'impossible date' THEN strftime(reviewed_at, '%Y-02-30 %H:%M:%S')
            ELSE time_text(reviewed_at)
        END,
        kind
    FROM chosen
)

SELECT review_number, sku, customer_number, rating, title, text, reviewed_at, dirt_kind
FROM rows
ORDER BY place, is_clean
