-- The alerts that began and ended within the time that is rebuilt, each as it was at its end.
-- Grain: one alert. Key: alert_id. State: none.
INSERT INTO rebuilt_anomalies
SELECT
    alert_id,
    event_type,
    kind,
    direction,
    status,
    started_at,
    ended_at,
    `value`,
    peak,
    peak_at,
    expected_low,
    expected_high,
    score,
    event_count,
    unique_users,
    events_per_user,
    reason,
    rule_version
FROM alerts
WHERE status = 'closed'
AND started_at >= TO_TIMESTAMP_LTZ(${start}, 3) AND ended_at <= TO_TIMESTAMP_LTZ(${until}, 3)
