-- The campaigns that had begun by $as_of.
SELECT *
FROM core.campaigns
WHERE started_on <= $as_of
