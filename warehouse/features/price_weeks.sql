-- Units and price of each product in each week with a sale. The price is the one that most lines have; where two have as
-- many, that of the smaller quantities, then the higher one: a discount for quantity is no price of the week.
WITH prices AS (
    SELECT
        product_code,
        unit_price,
        count(*) AS line_count,
        sum(quantity) AS unit_count,
        min(quantity) AS least_quantity,
        date_trunc('week', ordered_on)::DATE AS week_on
    FROM features.sales
    WHERE unit_price > 0
    GROUP BY product_code, week_on, unit_price
)

SELECT
    product_code,
    sum(unit_count)::BIGINT AS unit_count,
    sum(line_count)::BIGINT AS line_count,
    arg_max(least_quantity, (line_count, -least_quantity, unit_price)) AS price_quantity,
    arg_max(unit_price, (line_count, -least_quantity, unit_price))::DOUBLE AS unit_price,
    week_on
FROM prices
GROUP BY product_code, week_on
