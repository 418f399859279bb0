-- Files that are broken and set aside, and what to do.
SELECT source, file, refused_at::TIMESTAMP(0) AS refused_at, reason
FROM ops.refused_files
ORDER BY source, file
