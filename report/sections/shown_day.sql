-- The day that the report is about: that of the last run, even where the data go on after it.
SELECT coalesce(
    (SELECT arg_max(as_of, (started_at, run_id)) FROM ops.runs),
    greatest((SELECT max(metric_on) FROM core.daily_metrics), (SELECT max(ordered_on) FROM core.orders))
) AS as_of
