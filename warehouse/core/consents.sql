-- The words of purposes and channels, however they are written; a decision that names no channel is about all.
SELECT
    typed.* REPLACE (
        lower(purpose) AS purpose,
        lower(coalesce(channel, 'all')) AS channel
    )
FROM typed
