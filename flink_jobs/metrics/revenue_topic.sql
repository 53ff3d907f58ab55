-- Revenue, one record a change, keyed by grain: compaction keeps the latest of each.
CREATE TEMPORARY TABLE revenue (
    window_start TIMESTAMP_LTZ(3),
    window_end TIMESTAMP_LTZ(3),
    currency STRING,
    total_revenue DOUBLE,
    transaction_count BIGINT,
    avg_order_value DOUBLE,
    is_final BOOLEAN
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'key.fields' = 'window_start;currency',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
