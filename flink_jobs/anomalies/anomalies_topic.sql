-- Alerts, one record a change, keyed by alert: compaction keeps the latest of each.
CREATE TEMPORARY TABLE anomalies (
    alert_id STRING,
    event_type STRING,
    kind STRING,
    direction STRING,
    status STRING,
    started_at TIMESTAMP_LTZ(3),
    ended_at TIMESTAMP_LTZ(3),
    `value` DOUBLE,
    peak DOUBLE,
    peak_at TIMESTAMP_LTZ(3),
    expected_low DOUBLE,
    expected_high DOUBLE,
    score DOUBLE,
    event_count BIGINT,
    unique_users BIGINT,
    events_per_user DOUBLE,
    reason STRING,
    rule_version BIGINT
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'raw',
    'key.fields' = 'alert_id',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
