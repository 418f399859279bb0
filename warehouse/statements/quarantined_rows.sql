-- Where quarantined rows are and what is wrong with them; an empty source, rule or file means all.
SELECT source, file, row_number, rules
FROM ops.quarantine
WHERE
    status = 'open'
    AND ($source = '' OR source = $source)
    AND ($rule = '' OR list_contains(rules, $rule))
    AND ($file = '' OR file = $file)
ORDER BY source, file, row_number
LIMIT $limit
