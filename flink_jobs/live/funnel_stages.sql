-- Grain: 15 minutes, stage; a window's latest row holds. Key: window_start, row_key. State: none.
SELECT
    'funnel_stages' AS `result`,
    window_start,
    `key` AS row_key,
    JSON_OBJECT(
        KEY 'stage' VALUE `key`,
        KEY 'count' VALUE events,
        KEY 'unique_users' VALUE distinct_ids,
        KEY 'is_final' VALUE is_final
    ) AS row_values
FROM funnel_stages_windows
