-- The category tree's leaves, four to a top category; elasticity belongs to the top category.
-- A product's leaf is its number modulo 24.
SELECT
    leaf_index,
    leaf_index // 4 AS category_index,
    category,
    category || ' > ' || middle || ' > ' || leaf AS category_path,
    noun,
    purpose,
    typical_price::DOUBLE AS typical_price,
    elasticity::DOUBLE AS elasticity
FROM (VALUES
    (0, 'Home', 'Kitchen', 'Mugs', 'Mug', 'tea and coffee at any hour', 9, -1.2),
    (1, 'Home', 'Kitchen', 'Baking', 'Baking Tin', 'cakes, bread and Sunday pies', 14, -1.2),
    (2, 'Home', 'Living', 'Candles', 'Candle', 'long evenings and quiet corners', 11, -1.2),
    (3, 'Home', 'Living', 'Cushions', 'Cushion', 'sofas, benches and window seats', 22, -1.2),
    (4, 'Garden', 'Growing', 'Pots', 'Plant Pot', 'herbs, flowers and balcony tomatoes', 12, -0.8),
    (5, 'Garden', 'Growing', 'Seeds', 'Seed Box', 'a bed full of colour from May on', 6, -0.8),
    (6, 'Garden', 'Outdoor', 'Lanterns', 'Lantern', 'terraces, paths and summer nights', 19, -0.8),
    (7, 'Garden', 'Outdoor', 'Bird Care', 'Bird Feeder', 'visitors in the garden all winter', 16, -0.8),
    (8, 'Stationery', 'Paper', 'Notebooks', 'Notebook', 'lists, sketches and good intentions', 8, -2.2),
    (9, 'Stationery', 'Paper', 'Cards', 'Card Set', 'birthdays, thanks and holiday greetings', 7, -2.2),
    (10, 'Stationery', 'Desk', 'Pens', 'Fountain Pen', 'letters that are kept', 18, -2.2),
    (11, 'Stationery', 'Desk', 'Organisers', 'Desk Tray', 'a tidy desk with room for thought', 15, -2.2),
    (12, 'Toys', 'Play', 'Puzzles', 'Puzzle', 'rainy afternoons with the family', 17, -1.6),
    (13, 'Toys', 'Play', 'Wooden Toys', 'Wooden Train', 'small hands and large stations', 24, -1.6),
    (14, 'Toys', 'Craft', 'Sewing', 'Sewing Kit', 'first stitches and quick repairs', 13, -1.6),
    (15, 'Toys', 'Craft', 'Painting', 'Paint Set', 'kitchen-table artists', 12, -1.6),
    (16, 'Bags', 'Travel', 'Backpacks', 'Backpack', 'city days and weekend hikes', 49, -2.8),
    (17, 'Bags', 'Travel', 'Pouches', 'Travel Pouch', 'cables, soap and foreign coins', 14, -2.8),
    (18, 'Bags', 'Everyday', 'Totes', 'Tote Bag', 'markets, libraries and the beach', 16, -2.8),
    (19, 'Bags', 'Everyday', 'Lunch Bags', 'Lunch Bag', 'a warm lunch away from home', 12, -2.8),
    (20, 'Bath', 'Care', 'Soap', 'Soap Bar', 'soft skin without perfume clouds', 6, -0.5),
    (21, 'Bath', 'Care', 'Bath Salts', 'Bath Salt', 'tired legs after a long day', 9, -0.5),
    (22, 'Bath', 'Textiles', 'Towels', 'Towel', 'bath, sauna and pool', 21, -0.5),
    (23, 'Bath', 'Textiles', 'Robes', 'Bath Robe', 'slow mornings', 45, -0.5)
) AS planted (leaf_index, category, middle, leaf, noun, purpose, typical_price, elasticity)
