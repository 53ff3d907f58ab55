-- What each user did in each ten minutes.
SELECT
    time_bucket(INTERVAL 10 MINUTE, ts) AS window_start,
    user_id,
    count(*) AS event_count,
    count(DISTINCT session_id) AS session_count,
    list_sort(list(DISTINCT event_type)) AS event_types
FROM clean
WHERE user_id IS NOT NULL
GROUP BY ALL
