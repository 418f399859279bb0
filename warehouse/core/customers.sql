-- Customers of the shop's own list.
SELECT typed.*, false AS is_derived
FROM typed
