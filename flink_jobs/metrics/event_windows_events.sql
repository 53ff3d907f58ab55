-- What the windows of the anomaly detector are counted from: every event.
-- Grain: one event. Key: event_type. State: none.
CREATE TEMPORARY VIEW event_windows_events AS
SELECT
    event_type AS `key`,
    row_time,
    CAST(NULL AS DOUBLE) AS amount,
    user_id AS id,
    CAST(NULL AS STRING) AS word
FROM counted_events
