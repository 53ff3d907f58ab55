-- Grain: 1 minute, page; a window's latest row holds. Key: window_start, row_key. State: none.
SELECT
    'page_views' AS `result`,
    window_start,
    `key` AS row_key,
    JSON_OBJECT(
        KEY 'page' VALUE `key`,
        KEY 'page_views' VALUE events,
        KEY 'unique_users' VALUE distinct_ids,
        KEY 'is_final' VALUE is_final
    ) AS row_values
FROM page_views_windows
