-- Grain: one alert, with the window it began in; its latest state holds. Key: window_start, row_key. State: none.
SELECT
    'anomalies' AS `result`,
    started_at AS window_start,
    alert_id AS row_key,
    JSON_OBJECT(
        KEY 'alert_id' VALUE alert_id,
        KEY 'event_type' VALUE event_type,
        KEY 'kind' VALUE kind,
        KEY 'direction' VALUE direction,
        KEY 'status' VALUE status,
        KEY 'ended_at' VALUE DATE_FORMAT(ended_at, 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
        KEY 'value' VALUE `value`,
        KEY 'peak' VALUE peak,
        KEY 'peak_at' VALUE DATE_FORMAT(peak_at, 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
        KEY 'expected_low' VALUE expected_low,
        KEY 'expected_high' VALUE expected_high,
        KEY 'score' VALUE score,
        KEY 'event_count' VALUE event_count,
        KEY 'unique_users' VALUE unique_users,
        KEY 'events_per_user' VALUE events_per_user,
        KEY 'reason' VALUE reason,
        KEY 'rule_version' VALUE rule_version
    ) AS row_values
FROM alerts
