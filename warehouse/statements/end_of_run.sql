-- How a run ended, what it was for and how long it took.
SELECT status, message, as_of, rows_read, date_diff('second', started_at, ended_at) AS seconds
FROM ops.runs
WHERE run_id = $run_id
