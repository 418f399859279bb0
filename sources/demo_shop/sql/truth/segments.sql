-- One row per customer: the segment, the circle of friends and the tastes.
SELECT
    customer_number, segment, circle, favourite.category AS favourite_category, second.category AS second_category
FROM world.customers
INNER JOIN (SELECT DISTINCT category_index, category FROM planted.categories) AS favourite
    ON favourite.category_index = customers.favourite_category_index
INNER JOIN (SELECT DISTINCT category_index, category FROM planted.categories) AS second
    ON second.category_index = customers.second_category_index
ORDER BY customer_index
