-- Products of the shop's own catalogue.
SELECT
    typed.* REPLACE (
        coalesce(category, trim(split_part(category_path, '>', 1))) AS category
    ),
    true AS is_product,
    false AS is_derived
FROM typed
