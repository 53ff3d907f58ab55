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
    'format' = 'parquet',
    'parquet.utc-timezone' = 'true',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'micros',
    'parquet.compression' = 'SNAPPY',
    -- A backlog touches many partitions at once: small buffers, and a file closes once nothing comes for it.
    'parquet.page.size' = '65536',
    'parquet.dictionary.page.size' = '65536',
    'parquet.enable.dictionary#event_timestamp' = 'false',
    'parquet.enable.dictionary#created_timestamp' = 'false',
    'parquet.enable.dictionary#version' = 'false',
    'sink.rolling-policy.inactivity-interval' = '2 s',
    'sink.rolling-policy.check-interval' = '1 s'
)
