-- How usual each country is.
SELECT
    country,
    count(*) AS order_count,
    count(*) / sum(count(*)) OVER () AS country_share
FROM features.known_orders
WHERE is_sale
GROUP BY country
QUALIFY country IS NOT NULL
