-- Grain: 5 minutes, currency; a window's latest row holds. Key: window_start, row_key. State: none.
SELECT
    'revenue' AS `result`,
    window_start,
    `key` AS row_key,
    JSON_OBJECT(
        KEY 'currency' VALUE `key`,
        KEY 'total_revenue' VALUE CAST(amount AS DOUBLE),
        KEY 'transaction_count' VALUE events,
        KEY 'avg_order_value' VALUE CAST(amount AS DOUBLE) / events,
        KEY 'is_final' VALUE is_final
    ) AS row_values
FROM revenue_windows
