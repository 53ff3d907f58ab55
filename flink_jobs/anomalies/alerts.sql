-- The alerts: what opens, changes and ends; see operators/.../DetectAnomalies.java.
-- Grain: one state of an alert. Key: alert_id (later rows replace earlier ones).
-- A query and not a view of its own: Flink 2.3 cannot read back a view that calls a function of two tables.
-- State: rules; for each event type its open windows and alerts, and the counts of 14 days; gone after as long a silence.
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
FROM detect_anomalies(
    windows => TABLE anomaly_windows PARTITION BY shard,
    rules => TABLE anomaly_rules PARTITION BY shard,
    count_limit => CAST(${count_limit} AS DOUBLE),
    intensity_limit => CAST(${intensity_limit} AS DOUBLE),
    score => CAST(${score} AS DOUBLE),
    min_history => ${min_history},
    on_time => DESCRIPTOR(window_time, rule_time),
    uid => 'detect-anomalies'
)
