-- The kinds of customers: how often they buy, for how long, how much.
-- share_from and share_to cut the unit interval into the population shares.
WITH segments AS (
    SELECT *
    FROM (VALUES
        (1, 'loyal_regulars', 0.18, 36.0, 4.0, 1.0, 1, 0.5),
        (2, 'wholesalers', 0.10, 24.0, 5.0, 1.6, 6, 10.0),
        (3, 'bargain_hunters', 0.25, 12.0, 2.0, 0.7, 1, 1.2),
        (4, 'gift_givers', 0.22, 6.0, 2.5, 1.4, 1, 0.8),
        (5, 'occasional_visitors', 0.25, 4.0, 1.0, 0.5, 1, 0.2)
    ) AS planted (
        segment_index, segment, population_share, orders_per_year, lifetime_years, basket_factor,
        minimum_quantity, extra_quantity
    )
)

SELECT
    *,
    sum(population_share) OVER (ORDER BY segment_index) - population_share AS share_from,
    sum(population_share) OVER (ORDER BY segment_index) AS share_to
FROM segments
