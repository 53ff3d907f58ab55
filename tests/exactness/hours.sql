-- The hours that alerts are given for, one every ten minutes: clean events of each type, and for each of their users.
WITH slots AS (
    SELECT event_type, user_id, time_bucket(INTERVAL 10 MINUTE, ts) - before * INTERVAL 10 MINUTE AS window_start
    FROM clean, range(6) AS slides(before)
)
SELECT event_type, window_start, count(*) AS events, coalesce(count(*) / nullif(count(DISTINCT user_id), 0), 0) AS per_user
FROM slots
GROUP BY ALL
ORDER BY ALL
