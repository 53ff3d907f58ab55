-- The log of feature rows, Feast's offline store: one row for each change of one ${entity}. Parquet, exactly-once.
CREATE TEMPORARY TABLE lake_${entity}_features (
    ${key} STRING,
    event_timestamp TIMESTAMP_LTZ(6),
    created_timestamp TIMESTAMP_LTZ(6),
    version BIGINT,
    ${features},
    `day` STRING
) PARTITIONED BY (`day`) WITH (
    'connector' = 'filesystem',
    'path' = '${path}',
    'format' = 'buffered-parquet',
    'buffered-parquet.utc-timezone' = 'true',
    'buffered-parquet.write.int64.timestamp' = 'true',
    'buffered-parquet.timestamp.time.unit' = 'micros',
    'buffered-parquet.compression' = 'SNAPPY',
    -- A backlog touches many partitions at once: small buffers, and a file closes once nothing comes for it.
    'buffered-parquet.page.size' = '65536',
    'buffered-parquet.dictionary.page.size' = '65536',
    'buffered-parquet.enable.dictionary#event_timestamp' = 'false',
    'buffered-parquet.enable.dictionary#created_timestamp' = 'false',
    'buffered-parquet.enable.dictionary#version' = 'false',
    'sink.rolling-policy.inactivity-interval' = '2 s',
    'sink.rolling-policy.check-interval' = '1 s'
)
