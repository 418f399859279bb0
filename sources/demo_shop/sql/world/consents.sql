-- A few customers were asked whether they may be contacted, or objected to personal answers; one in five of those who
-- decided anything took an objection back later.
WITH asked AS (
    SELECT
        customer_index,
        customer_number,
        row_number() OVER (ORDER BY draw('asked for consent', customer_index)) - 1 AS place,
        $first_day::DATE + greatest(signed_up_day, 0) + pick(
            'decided on', customer_index, greatest(1, $day_count - 30 - greatest(signed_up_day, 0))
        )::INTEGER AS decided_on
    FROM world.customers
),

planted (kind, purpose, channel, is_granted, days_later) AS (
    VALUES
        (0, 'marketing', 'all', false, 0),
        (1, 'marketing', 'email', false, 0),
        (2, 'marketing', 'email', true, 0),
        (3, 'profiling', 'all', false, 0),
        (4, 'profiling', 'all', false, 0),
        (4, 'profiling', 'all', true, 20)
)

SELECT
    asked.customer_index,
    asked.customer_number,
    planted.purpose,
    planted.channel,
    planted.is_granted,
    planted.days_later,
    least(asked.decided_on + planted.days_later, $last_day::DATE)::TIMESTAMP
        + to_hours((8 + pick('decided at', asked.customer_index, 8))::INTEGER)
        + to_minutes(planted.days_later) AS decided_at
FROM asked
INNER JOIN planted ON asked.place % 5 = planted.kind
WHERE asked.place < greatest(10, $customer_count // 20)
ORDER BY asked.customer_index, planted.days_later
