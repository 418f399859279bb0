-- Pseudo-random numbers are hashes of the seed, a salt that names the decision, and an id. They depend on
-- nothing else, so neither threads nor the order of the work change the shop.
CREATE OR REPLACE MACRO draw(salt, id) AS
    (hash(xor(hash(id), hash(getvariable('seed'), salt))) >> 11)::DOUBLE / 9007199254740992.0;

-- A whole number from 0 to count - 1.
CREATE OR REPLACE MACRO pick(salt, id, count) AS floor(draw(salt, id) * count)::BIGINT;

-- A draw from the exponential distribution with mean 1.
CREATE OR REPLACE MACRO exponential(salt, id) AS -ln(1.0 - draw(salt, id));

-- The key of a line for draws: an order has at most 60 lines.
CREATE OR REPLACE MACRO line_key(order_index, line_number) AS order_index * 64 + line_number;

-- Product lines of an order: geometric with a mean that basket_scale sets.
CREATE OR REPLACE MACRO product_line_count(basket_draw, basket_scale, minimum) AS
    least(60, greatest(minimum, 1 + floor(basket_draw * basket_scale)))::INTEGER;

-- Lines of an order that come back when it is returned: the first ones.
CREATE OR REPLACE MACRO returned_line_count(order_index, line_count) AS
    ceil((1.0 - draw('returned lines', order_index)) * line_count)::INTEGER;

-- The share of orders that contain a bundle, and whether an order is one of them.
CREATE OR REPLACE MACRO bundle_share() AS 0.12;
CREATE OR REPLACE MACRO has_bundle(order_index) AS draw('has bundle', order_index) < bundle_share();

-- Times as the shop writes them.
CREATE OR REPLACE MACRO time_text(moment) AS strftime(moment, '%Y-%m-%d %H:%M:%S');
