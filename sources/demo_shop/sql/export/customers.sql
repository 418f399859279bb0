-- The customer list, with dirty copies.
WITH chosen AS (
    SELECT customers.*, dirt_kinds.kind, dirt_kinds.expected_outcome
    FROM (
        SELECT *, row_number() OVER (ORDER BY draw('dirty customer', customer_index)) - 1 AS place
        FROM world.customers
    ) AS customers
    INNER JOIN planted.dirt_kinds
        ON dirt_kinds.table_name = 'customers' AND dirt_kinds.kind_index = place % kind_count
    WHERE place < greatest(kind_count, $customer_count // 200)
),

rows AS (
    SELECT
        customer_index, 1 AS is_clean, customer_number, country, customer_type,
        ($first_day::DATE + signed_up_day)::VARCHAR AS signed_up_on, NULL::VARCHAR AS dirt_kind
    FROM world.customers
    UNION ALL
    SELECT
        customer_index,
        0,
        CASE
            WHEN kind = 'missing customer number' THEN NULL
            WHEN expected_outcome = 'duplicate' THEN customer_number
            ELSE customer_number || '-2'
        END,
        CASE kind WHEN 'broken encoding' THEN left(country, 2) || chr(65533) || substr(country, 4) ELSE country END,
        customer_type,
        CASE kind WHEN 'impossible date' THEN '2024-13-01' ELSE ($first_day::DATE + signed_up_day)::VARCHAR END,
        kind
    FROM chosen
)

SELECT customer_number, country, customer_type, signed_up_on, dirt_kind
FROM rows
ORDER BY customer_index, is_clean
