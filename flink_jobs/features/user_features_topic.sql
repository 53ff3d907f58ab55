-- User features, one record a change, keyed by user: compaction keeps the latest of each.
CREATE TEMPORARY TABLE user_features (
    user_id STRING,
    event_timestamp TIMESTAMP_LTZ(6),
    version BIGINT,
    ${features},
    is_capped BOOLEAN
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'raw',
    'key.fields' = 'user_id',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
