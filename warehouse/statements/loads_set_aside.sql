-- Loads that wait for somebody's word, because too many of their rows break a rule.
SELECT load_id, source, file, rows_read, loaded_at::TIMESTAMP(0) AS loaded_at, reason
FROM ops.loads
WHERE status = 'set_aside'
ORDER BY load_order
