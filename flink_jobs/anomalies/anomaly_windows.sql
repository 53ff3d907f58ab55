-- The windows that are judged, in one partition: a rule for all event types must meet all of their windows.
-- Grain: 1 hour every 10 minutes, event type; a window's latest row holds. Key: window_start, event_type. State: none.
-- Input: rows have the last moment of their window as window_time, and come before the watermark reaches it.
CREATE TEMPORARY VIEW anomaly_windows AS
SELECT
    0 AS shard,
    event_type,
    window_start,
    event_count,
    unique_users,
    window_time
FROM event_windows
