-- What being contacted adds to a customer's rate of orders during the campaign, as a share of that rate.
-- Arms and segments that are not listed add nothing.
SELECT campaign_index, arm, segment, added_rate::DOUBLE AS added_rate
FROM (VALUES
    (2, 'email', 'bargain_hunters', 1.8),
    (2, 'email', 'gift_givers', 1.0),
    (2, 'email', 'occasional_visitors', 1.2),
    (2, 'email', 'loyal_regulars', 0.4),
    (3, 'email', 'bargain_hunters', 0.8),
    (3, 'email', 'gift_givers', 0.6),
    (3, 'email', 'loyal_regulars', 0.4),
    (3, 'voucher', 'bargain_hunters', 2.4),
    (3, 'voucher', 'gift_givers', 1.6),
    (3, 'voucher', 'occasional_visitors', 1.6),
    (3, 'voucher', 'loyal_regulars', 0.8)
) AS planted (campaign_index, arm, segment, added_rate)
