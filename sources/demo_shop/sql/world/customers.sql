-- Customers: circle of friends, segment, tastes, rate of orders, and when they came and left.
-- Rates are gamma distributed (shape 2) within a segment, lifetimes exponential: Pareto/NBD, which BG/NBD fits.
-- The shop starts with the mix of customers that it also has later, so that growth is the planted trend alone.
WITH drawn AS (
    SELECT
        customer_index,
        pick('circle', customer_index, $circle_count) AS circle,
        draw('segment like the circle', customer_index) < 0.7 AS is_like_the_circle,
        draw('taste like the circle', customer_index) < 0.6 AS shares_the_taste
    FROM range($customer_count) AS customers (customer_index)
),

placed AS (
    SELECT
        *,
        CASE WHEN is_like_the_circle THEN draw('circle segment', circle) ELSE draw('segment', customer_index) END
            AS segment_draw,
        CASE WHEN shares_the_taste THEN pick('circle taste', circle, 6) ELSE pick('taste', customer_index, 6) END
            AS favourite_category_index,
        draw('country', customer_index) AS country_draw
    FROM drawn
),

behaving AS (
    SELECT
        placed.*,
        segments.* EXCLUDE (segment_index, population_share, share_from, share_to),
        countries.country,
        segments.segment = 'wholesalers' OR draw('business', customer_index) < 0.03 AS is_business,
        (exponential('rate 1', customer_index) + exponential('rate 2', customer_index)) / 2
            * segments.orders_per_year AS own_orders_per_year,
        draw('was there before', customer_index) < lifetime_years / (lifetime_years + $day_count / 365.0)
            AS was_there_before,
        365.0 * lifetime_years * exponential('time before', customer_index) AS days_before,
        365.0 * lifetime_years * exponential('time ahead', customer_index) AS days_ahead
    FROM placed
    INNER JOIN planted.segments ON segment_draw >= segments.share_from AND segment_draw < segments.share_to
    INNER JOIN planted.countries ON country_draw >= countries.share_from AND country_draw < countries.share_to
),

coming AS (
    SELECT
        *,
        CASE
            WHEN was_there_before THEN -1 - least(2500, floor(days_before))
            ELSE pick('signed up', customer_index, $day_count)
        END::INTEGER AS signed_up_day
    FROM behaving
)

SELECT
    customer_index::INTEGER AS customer_index,
    'C' || (100001 + customer_index) AS customer_number,
    circle::INTEGER AS circle,
    segment,
    favourite_category_index::INTEGER AS favourite_category_index,
    pick('second taste', customer_index, 6)::INTEGER AS second_category_index,
    country,
    CASE WHEN is_business THEN 'business' ELSE 'consumer' END AS customer_type,
    own_orders_per_year AS orders_per_year,
    basket_factor,
    minimum_quantity,
    extra_quantity,
    signed_up_day,
    least($day_count, greatest(signed_up_day, 0) + floor(days_ahead))::INTEGER AS left_day
FROM coming
ORDER BY customer_index
