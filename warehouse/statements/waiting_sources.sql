-- Sources with rows in raw that wait to be merged into core.
SELECT DISTINCT source FROM ops.loads WHERE status = 'raw' ORDER BY source
