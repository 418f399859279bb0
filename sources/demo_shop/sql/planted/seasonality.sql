-- What multiplies the rate of orders: the weekday (1 is Monday), the month, and the growth over one year.
SELECT *
FROM (VALUES
    ('weekday', 1, 1.05), ('weekday', 2, 1.00), ('weekday', 3, 0.95), ('weekday', 4, 1.00),
    ('weekday', 5, 1.10), ('weekday', 6, 1.30), ('weekday', 7, 0.60),
    ('month', 1, 0.80), ('month', 2, 0.85), ('month', 3, 0.95), ('month', 4, 1.00),
    ('month', 5, 1.00), ('month', 6, 0.95), ('month', 7, 0.85), ('month', 8, 0.85),
    ('month', 9, 1.00), ('month', 10, 1.10), ('month', 11, 1.30), ('month', 12, 1.35),
    ('trend', 1, 1.12)
) AS planted (kind, position, factor)
