-- Sources with rows in quarantine that can be judged again.
SELECT DISTINCT source FROM ops.quarantine WHERE status = 'open' ORDER BY source
