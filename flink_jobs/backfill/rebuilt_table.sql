-- Files of a result that has a topic, with the topic's columns.
CREATE TEMPORARY TABLE rebuilt_${result} WITH (
    'connector' = 'filesystem',
    'path' = '${path}',
    'format' = 'parquet',
    'parquet.utc-timezone' = 'true',
    'parquet.write.int64.timestamp' = 'true',
    'parquet.timestamp.time.unit' = 'micros',
    'parquet.compression' = 'SNAPPY'
) LIKE ${result} (EXCLUDING OPTIONS)
