-- What each user did in each ten minutes.
-- Grain: 10 minutes, user. Key: window_start, user_id (compacted topic); the row with is_final is the last one.
-- State: count, session ids and event types of a window, until it is final: 10 minutes after its end.
CREATE TEMPORARY VIEW user_activity_rows AS
SELECT
    window_start,
    window_end,
    `key` AS user_id,
    events AS event_count,
    distinct_ids AS session_count,
    words AS event_types,
    is_final
FROM user_activity_windows
