-- Grain: 1 hour, breakdown, value, step; a window's latest row holds. Key: window_start, row_key. State: none.
SELECT
    'funnel_conversions' AS `result`,
    window_start,
    JSON_ARRAY(funnel, breakdown, `value`, step) AS row_key,
    JSON_OBJECT(
        KEY 'funnel' VALUE funnel,
        KEY 'breakdown' VALUE breakdown,
        KEY 'value' VALUE `value`,
        KEY 'step' VALUE step,
        KEY 'step_name' VALUE step_name,
        KEY 'users' VALUE users,
        KEY 'step_rate' VALUE step_rate,
        KEY 'overall_rate' VALUE overall_rate,
        KEY 'drop_off' VALUE drop_off,
        KEY 'median_seconds' VALUE median_seconds,
        KEY 'is_capped' VALUE is_capped,
        KEY 'is_final' VALUE is_final
    ) AS row_values
FROM funnel_conversion_rows
