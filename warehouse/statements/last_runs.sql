-- The last runs, newest first.
SELECT
    run_id,
    status,
    as_of,
    rows_read,
    date_diff('second', started_at, ended_at) AS seconds,
    started_at::TIMESTAMP(0) AS started_at,
    message
FROM ops.runs
ORDER BY started_at DESC
LIMIT 5
