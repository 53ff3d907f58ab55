-- How many events of each type there were in the last hour, and by how many users: what anomalies are found in.
-- Grain: 1 hour every 10 minutes, event type. Key: window_start, event_type; the row with is_final is the last one.
-- State: count and user ids of each ten minutes, until no window over them can change (see window_metric.py).
CREATE TEMPORARY VIEW event_windows AS
SELECT
    window_start,
    window_end,
    `key` AS event_type,
    events AS event_count,
    distinct_ids AS unique_users,
    COALESCE(CAST(events AS DOUBLE) / NULLIF(distinct_ids, 0), 0) AS events_per_user,
    is_final,
    window_time
FROM event_windows_windows
