-- Stage counts, one record a change, keyed by grain: compaction keeps the latest of each.
CREATE TEMPORARY TABLE funnel_stages (
    window_start TIMESTAMP_LTZ(3),
    window_end TIMESTAMP_LTZ(3),
    stage STRING,
    `count` BIGINT,
    unique_users BIGINT,
    is_final BOOLEAN
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'key.fields' = 'window_start;stage',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
