-- What user activity is counted from: sessions are told apart by their ids, and event types are listed.
-- Grain: one event of a known user or device. Key: user_id. State: none.
CREATE TEMPORARY VIEW user_activity_events AS
SELECT
    user_id AS `key`,
    row_time,
    CAST(NULL AS DOUBLE) AS amount,
    session_id AS id,
    event_type AS word
FROM counted_events
WHERE user_id IS NOT NULL
