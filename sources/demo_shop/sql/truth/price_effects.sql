-- One row per top category: demand for a product is proportional to (price / list price) ^ elasticity.
SELECT DISTINCT category, elasticity
FROM planted.categories
ORDER BY category
