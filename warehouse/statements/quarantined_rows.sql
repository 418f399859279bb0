-- Quarantined rows as they came; an empty source or rule means all.
SELECT source, file, row_number, rules, reason, payload
FROM ops.quarantine
WHERE
    status = 'open'
    AND ($source = '' OR source = $source)
    AND ($rule = '' OR list_contains(rules, $rule))
ORDER BY source, file, row_number
LIMIT $limit
