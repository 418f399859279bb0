-- What was known of each buyer on two days: $as_of, and $holdout_days earlier with what then really happened.
-- Each line is read once; both snapshots are cut from the same days.
WITH snapshots AS (
    SELECT $as_of::DATE AS snapshot_on, NULL::DATE AS holdout_to
    UNION ALL
    SELECT $as_of::DATE - $holdout_days::INTEGER, $as_of::DATE
    WHERE $holdout_days::INTEGER > 0
),

order_days AS (
    SELECT
        customer_code,
        order_code,
        ordered_on,
        count(*) AS sale_line_count,
        sum(quantity) AS unit_count,
        sum(amount) AS sales_amount
    FROM features.sales
    WHERE customer_code IS NOT NULL
    GROUP BY customer_code, order_code, ordered_on
),

purchase_days AS (
    SELECT
        customer_code,
        ordered_on,
        count(*) AS order_count,
        sum(sale_line_count) AS sale_line_count,
        sum(unit_count) AS unit_count,
        sum(sales_amount) AS sales_amount
    FROM order_days
    GROUP BY customer_code, ordered_on
),

-- At the earlier snapshot nobody knew what was to be undone after it.
undone_later AS (
    SELECT undone_sales.*
    FROM features.undone_sales
    INNER JOIN snapshots ON undone_sales.ordered_on <= snapshots.snapshot_on
        AND undone_sales.undone_on > snapshots.snapshot_on
),

restored_order_days AS (
    SELECT
        undone_later.customer_code,
        undone_later.order_code,
        undone_later.ordered_on,
        any_value(order_days.order_code) IS NULL AS is_other_order,
        count(*) FILTER (WHERE undone_later.is_whole) AS sale_line_count,
        sum(undone_later.quantity) AS unit_count,
        sum(undone_later.amount) AS sales_amount
    FROM undone_later
    LEFT JOIN order_days
        ON order_days.customer_code = undone_later.customer_code
        AND order_days.order_code = undone_later.order_code
        AND order_days.ordered_on = undone_later.ordered_on
    GROUP BY undone_later.customer_code, undone_later.order_code, undone_later.ordered_on
),

restored_days AS (
    SELECT
        customer_code,
        ordered_on,
        count(*) FILTER (WHERE is_other_order) AS order_count,
        sum(sale_line_count) AS sale_line_count,
        sum(unit_count) AS unit_count,
        sum(sales_amount) AS sales_amount
    FROM restored_order_days
    GROUP BY customer_code, ordered_on
),

-- A day with purchases and returns is two rows; one of which something was undone between the snapshots, one for each.
days AS (
    SELECT
        purchase_days.*,
        true AS is_purchase,
        0 AS return_line_count,
        NULL AS returns_amount,
        CASE WHEN restored_days.customer_code IS NOT NULL THEN $as_of::DATE END AS only_at
    FROM purchase_days
    LEFT JOIN restored_days
        ON restored_days.customer_code = purchase_days.customer_code
        AND restored_days.ordered_on = purchase_days.ordered_on
    UNION ALL BY NAME
    SELECT
        restored_days.customer_code,
        restored_days.ordered_on,
        restored_days.order_count + coalesce(purchase_days.order_count, 0) AS order_count,
        restored_days.sale_line_count + coalesce(purchase_days.sale_line_count, 0) AS sale_line_count,
        restored_days.unit_count + coalesce(purchase_days.unit_count, 0) AS unit_count,
        restored_days.sales_amount + coalesce(purchase_days.sales_amount, 0) AS sales_amount,
        true AS is_purchase,
        0 AS return_line_count,
        $as_of::DATE - $holdout_days::INTEGER AS only_at
    FROM restored_days
    LEFT JOIN purchase_days
        ON purchase_days.customer_code = restored_days.customer_code
        AND purchase_days.ordered_on = restored_days.ordered_on
    UNION ALL BY NAME
    SELECT
        customer_code,
        ordered_on,
        false AS is_purchase,
        count(*) FILTER (WHERE NOT is_cancellation) AS return_line_count,
        -sum(amount) AS returns_amount
    FROM features.returns
    GROUP BY customer_code, ordered_on
),

first_days AS (
    SELECT
        days.customer_code,
        snapshots.snapshot_on,
        min(days.ordered_on) AS first_order_on
    FROM days
    INNER JOIN snapshots ON coalesce(days.only_at = snapshots.snapshot_on, true)
    WHERE days.is_purchase
    GROUP BY days.customer_code, snapshots.snapshot_on
),

-- Products that nobody knew yet would all be undone.
restored_products AS (
    SELECT customer_code, count(*) AS product_count
    FROM (
        SELECT DISTINCT customer_code, product_code
        FROM undone_later
        WHERE is_whole
    ) AS undone
    ANTI JOIN (
        SELECT customer_code, product_code
        FROM features.interactions
        WHERE first_ordered_on <= $as_of::DATE - $holdout_days::INTEGER
    ) AS kept USING (customer_code, product_code)
    GROUP BY customer_code
),

-- A product counts from the day it was first bought.
product_counts AS (
    SELECT
        customer_code,
        count(*) AS product_count,
        count(*) FILTER (WHERE first_ordered_on <= $as_of::DATE - $holdout_days::INTEGER) AS earlier_product_count
    FROM features.interactions
    GROUP BY customer_code
),

known AS (
    SELECT
        days.customer_code,
        snapshots.snapshot_on,
        min(first_days.first_order_on) AS first_order_on,
        max(days.ordered_on) FILTER (WHERE days.is_purchase) AS last_order_on,
        sum(days.order_count)::BIGINT AS order_count,
        count(*) FILTER (WHERE days.is_purchase) AS purchase_day_count,
        count(*) FILTER (
            WHERE days.is_purchase AND days.ordered_on > snapshots.snapshot_on - $holdout_days::INTEGER
        ) AS recent_purchase_day_count,
        sum(days.sale_line_count)::BIGINT AS sale_line_count,
        sum(days.return_line_count)::BIGINT AS return_line_count,
        sum(days.unit_count)::BIGINT AS unit_count,
        sum(days.sales_amount)::DOUBLE AS sales_amount,
        sum(days.returns_amount)::DOUBLE AS returns_amount,
        sum(days.sales_amount) FILTER (WHERE days.ordered_on > first_days.first_order_on)::DOUBLE AS repeat_amount,
        sum(days.sales_amount) FILTER (
            WHERE days.ordered_on > snapshots.snapshot_on - $holdout_days::INTEGER
        )::DOUBLE AS recent_amount
    FROM days
    INNER JOIN snapshots
        ON days.ordered_on <= snapshots.snapshot_on AND coalesce(days.only_at = snapshots.snapshot_on, true)
    INNER JOIN first_days
        ON days.customer_code = first_days.customer_code AND snapshots.snapshot_on = first_days.snapshot_on
    WHERE first_days.first_order_on <= snapshots.snapshot_on
    GROUP BY days.customer_code, snapshots.snapshot_on
),

happened AS (
    SELECT
        days.customer_code,
        snapshots.snapshot_on,
        sum(days.order_count)::BIGINT AS holdout_order_count,
        count(*) AS holdout_purchase_day_count,
        sum(days.sales_amount)::DOUBLE AS holdout_amount
    FROM days
    INNER JOIN snapshots ON days.ordered_on > snapshots.snapshot_on AND days.ordered_on <= snapshots.holdout_to
    WHERE days.is_purchase
    GROUP BY days.customer_code, snapshots.snapshot_on
)

SELECT
    buyers.customer_id,
    known.order_count,
    known.purchase_day_count,
    known.recent_purchase_day_count,
    known.purchase_day_count - 1 AS repeat_purchase_day_count,
    coalesce(
        CASE WHEN snapshots.holdout_to IS NULL THEN product_counts.product_count
            ELSE product_counts.earlier_product_count END,
        0
    ) + CASE WHEN snapshots.holdout_to IS NULL THEN 0 ELSE coalesce(restored_products.product_count, 0) END
        AS product_count,
    known.unit_count,
    known.snapshot_on - known.last_order_on AS recency_days,
    known.last_order_on - known.first_order_on AS repeat_span_days,
    known.snapshot_on - known.first_order_on AS age_days,
    CASE WHEN known.purchase_day_count > 1
        THEN (known.last_order_on - known.first_order_on) / (known.purchase_day_count - 1) END
        AS mean_gap_days,
    known.return_line_count / (known.sale_line_count + known.return_line_count) AS return_line_share,
    known.sales_amount,
    CASE WHEN known.sales_amount IS NOT NULL THEN coalesce(known.returns_amount, 0) END AS returns_amount,
    CASE WHEN known.sales_amount IS NOT NULL THEN coalesce(known.recent_amount, 0) END AS recent_amount,
    CASE WHEN known.purchase_day_count > 1
        THEN known.repeat_amount / (known.purchase_day_count - 1) END
        AS mean_repeat_amount,
    CASE WHEN snapshots.holdout_to IS NOT NULL THEN coalesce(happened.holdout_order_count, 0) END
        AS holdout_order_count,
    CASE WHEN snapshots.holdout_to IS NOT NULL THEN coalesce(happened.holdout_purchase_day_count, 0) END
        AS holdout_purchase_day_count,
    CASE WHEN snapshots.holdout_to IS NOT NULL AND known.sales_amount IS NOT NULL
        THEN coalesce(happened.holdout_amount, 0) END
        AS holdout_amount,
    known.first_order_on,
    known.last_order_on,
    known.snapshot_on
FROM known
INNER JOIN features.buyers USING (customer_code)
INNER JOIN snapshots ON known.snapshot_on = snapshots.snapshot_on
LEFT JOIN product_counts ON known.customer_code = product_counts.customer_code
LEFT JOIN restored_products ON known.customer_code = restored_products.customer_code
LEFT JOIN happened
    ON known.customer_code = happened.customer_code AND known.snapshot_on = happened.snapshot_on
