-- One month's events as the shop exports them, with dirty copies.
WITH clean AS (
    SELECT
        rowid AS place,
        strftime($first_day::DATE + to_months($month_index::INTEGER), 'E%y%m') || lpad(rowid::VARCHAR, 9, '0')
            AS event_number,
        *
    FROM month.events
),

chosen AS (
    SELECT
        *,
        ($dirt_before + row_number() OVER (ORDER BY place) - 1)
            % (SELECT count(*) FROM planted.dirt_kinds WHERE table_name = 'events') AS kind_index
    FROM clean
    WHERE draw('dirty event', place * 1000 + $month_index) < 0.002
),

dirty AS (
    SELECT
        place,
        CASE
            WHEN kind = 'missing event number' THEN NULL
            WHEN expected_outcome = 'duplicate' THEN event_number
            ELSE event_number || '-2'
        END AS event_number,
        CASE kind WHEN 'missing session' THEN NULL ELSE session_number END AS session_number,
        customer_number,
        sku,
        event_kind,
        channel,
        CASE kind
            WHEN 'impossible date' THEN strftime(occurred_at, '%Y-02-30 %H:%M:%S')
            WHEN 'year out of range' THEN strftime(occurred_at, '2999-%m-28 %H:%M:%S')
            ELSE time_text(occurred_at)
        END AS occurred_at,
        kind
    FROM chosen
    INNER JOIN planted.dirt_kinds ON dirt_kinds.table_name = 'events' AND dirt_kinds.kind_index = chosen.kind_index
),

rows AS (
    SELECT
        place, 1 AS is_clean, event_number, session_number, customer_number, sku, event_kind, channel,
        time_text(occurred_at) AS occurred_at, NULL::VARCHAR AS dirt_kind
    FROM clean
    UNION ALL
    SELECT place, 0, event_number, session_number, customer_number, sku, event_kind, channel, occurred_at, kind
    FROM dirty
)

SELECT event_number, session_number, customer_number, sku, event_kind, channel, occurred_at, dirt_kind
FROM rows
ORDER BY place, is_clean
