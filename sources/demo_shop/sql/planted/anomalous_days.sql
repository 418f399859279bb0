-- Days out of the ordinary, none within three weeks of a campaign. orders_factor multiplies the rate of orders;
-- returned_share of the orders of the 30 days before come back on a day of returns.
SELECT
    ($last_day - days_before_the_last)::DATE AS day,
    kind,
    orders_factor::DOUBLE AS orders_factor,
    returned_share::DOUBLE AS returned_share
FROM (VALUES
    (60, 'spike', 3.5, 0),
    (235, 'spike', 3.0, 0),
    (430, 'spike', 4.0, 0),
    (95, 'outage', 0.08, 0),
    (370, 'outage', 0.05, 0),
    (190, 'returns', 1.0, 0.012),
    (640, 'returns', 1.0, 0.015)
) AS planted (days_before_the_last, kind, orders_factor, returned_share)
