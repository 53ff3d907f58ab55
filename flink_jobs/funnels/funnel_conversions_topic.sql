-- Funnel rows, one record a change, keyed by grain: compaction keeps the latest of each.
CREATE TEMPORARY TABLE funnel_conversions (
    funnel STRING,
    window_start TIMESTAMP_LTZ(3),
    breakdown STRING,
    `value` STRING,
    step INT,
    step_name STRING,
    users BIGINT,
    step_rate DOUBLE,
    overall_rate DOUBLE,
    drop_off BIGINT,
    median_seconds DOUBLE,
    is_capped BOOLEAN,
    is_final BOOLEAN
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'key.fields' = 'funnel;window_start;breakdown;value;step',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
