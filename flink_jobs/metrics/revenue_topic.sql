-- Revenue as upserts: the latest row of a key is the window's value.
CREATE TEMPORARY TABLE revenue (
    window_start TIMESTAMP_LTZ(3),
    currency STRING,
    total_revenue DOUBLE,
    transaction_count BIGINT,
    avg_order_value DOUBLE,
    PRIMARY KEY (window_start, currency) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
