-- Grain: one state of an alert. Key: alert_id (compacted topic). State: none of its own.
INSERT INTO anomalies
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
