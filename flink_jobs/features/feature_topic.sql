-- Features, one record for each change of one ${entity}, keyed by it: compaction keeps the latest of each.
CREATE TEMPORARY TABLE ${entity}_features (
    ${key} STRING,
    event_timestamp TIMESTAMP_LTZ(6),
    version BIGINT,
    ${features}
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    -- Many rows a second: in fewer, larger requests.
    'properties.linger.ms' = '50',
    'properties.batch.size' = '131072',
    'key.format' = 'raw',
    'key.fields' = '${key}',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601'
)
