-- Grain: 10 minutes, user; a window's latest row holds. Key: window_start, row_key. State: none.
SELECT
    'user_activity' AS `result`,
    window_start,
    `key` AS row_key,
    JSON_OBJECT(
        KEY 'user_id' VALUE `key`,
        KEY 'event_count' VALUE events,
        KEY 'session_count' VALUE distinct_ids,
        KEY 'event_types' VALUE words,
        KEY 'is_final' VALUE is_final
    ) AS row_values
FROM user_activity_windows
