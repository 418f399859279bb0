-- Where a source does not say which arm was held out, the one called control was.
SELECT
    typed.* REPLACE (
        coalesce(is_control, lower(arm) IN ('control', 'holdout', 'hold-out')) AS is_control
    )
FROM typed
