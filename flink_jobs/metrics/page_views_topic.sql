-- Page views as upserts: the latest row of a key is the window's value.
CREATE TEMPORARY TABLE page_views (
    window_start TIMESTAMP_LTZ(3),
    page STRING,
    page_views BIGINT,
    unique_users BIGINT,
    PRIMARY KEY (window_start, page) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'key.format' = 'json',
    'key.json.timestamp-format.standard' = 'ISO-8601',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
