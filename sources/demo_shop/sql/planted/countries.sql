-- Where customers live. share_from and share_to cut the unit interval.
WITH countries AS (
    SELECT *
    FROM (VALUES
        (1, 'Germany', 0.45), (2, 'Austria', 0.11), (3, 'France', 0.10), (4, 'Netherlands', 0.09),
        (5, 'Spain', 0.09), (6, 'United Kingdom', 0.08), (7, 'Poland', 0.04), (8, 'Türkiye', 0.04)
    ) AS planted (country_index, country, population_share)
)

SELECT
    *,
    sum(population_share) OVER (ORDER BY country_index) - population_share AS share_from,
    sum(population_share) OVER (ORDER BY country_index) AS share_to
FROM countries
