-- User activity, one record a change, keyed by grain: compaction keeps the latest of each.
CREATE TEMPORARY TABLE user_activity (
    window_start TIMESTAMP_LTZ(3),
    window_end TIMESTAMP_LTZ(3),
    user_id STRING,
    event_count BIGINT,
    session_count BIGINT,
    event_types ARRAY<STRING>,
    is_final BOOLEAN
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    -- Many rows a second: in fewer, larger requests.
    'properties.linger.ms' = '50',
    'properties.batch.size' = '131072',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'key.fields' = 'window_start;user_id',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
