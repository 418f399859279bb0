-- What each assigned customer bought in the window from the contact on, and in as many days before it.
WITH assigned AS (
    SELECT campaign_id, customer_id, arm, is_control, contacted_on
    FROM core.contacts
    WHERE contacted_on <= $as_of AND hash(customer_id) % $bucket_count::UBIGINT = $bucket::UBIGINT
),

sales AS (
    SELECT customer_id, sales_amount, ordered_on
    FROM features.known_orders
    WHERE is_sale
        AND ordered_on >= (SELECT min(contacted_on) FROM assigned) - $campaign_effects__window_days::INTEGER
),

priced AS (
    SELECT count(sales_amount) > 0 AS has_prices
    FROM features.daily_metrics
),

purchases AS (
    SELECT
        assigned.campaign_id,
        assigned.customer_id,
        count(*) FILTER (WHERE sales.ordered_on >= assigned.contacted_on) AS order_count,
        count(*) FILTER (WHERE sales.ordered_on < assigned.contacted_on) AS pre_order_count,
        sum(sales.sales_amount) FILTER (WHERE sales.ordered_on >= assigned.contacted_on) AS sales_amount,
        sum(sales.sales_amount) FILTER (WHERE sales.ordered_on < assigned.contacted_on) AS pre_sales_amount
    FROM assigned
    INNER JOIN sales
        ON sales.customer_id = assigned.customer_id
        AND sales.ordered_on >= assigned.contacted_on - $campaign_effects__window_days::INTEGER
        AND sales.ordered_on < assigned.contacted_on + $campaign_effects__window_days::INTEGER
    GROUP BY assigned.campaign_id, assigned.customer_id
)

SELECT
    assigned.campaign_id,
    assigned.customer_id,
    assigned.arm,
    assigned.is_control,
    assigned.contacted_on + $campaign_effects__window_days::INTEGER - 1 <= $as_of AS is_complete,
    coalesce(purchases.order_count, 0) > 0 AS is_converted,
    coalesce(purchases.order_count, 0) AS order_count,
    coalesce(purchases.pre_order_count, 0) AS pre_order_count,
    CASE WHEN priced.has_prices THEN coalesce(purchases.sales_amount, 0) END AS sales_amount,
    CASE WHEN priced.has_prices THEN coalesce(purchases.pre_sales_amount, 0) END AS pre_sales_amount,
    assigned.contacted_on
FROM assigned
CROSS JOIN priced
LEFT JOIN purchases
    ON purchases.campaign_id = assigned.campaign_id AND purchases.customer_id = assigned.customer_id
