-- One row per product in a bundle; order_share is the part of all orders that contain the whole bundle by plan.
SELECT
    'BUNDLE-' || (bundle_index + 1) AS bundle_number,
    sku,
    bundle_size,
    position + 1 AS position,
    bundle_share() / $bundle_count AS order_share
FROM world.bundle_members
INNER JOIN world.products USING (product_index)
ORDER BY bundle_index, position
