-- Files of a result that has a topic, with the topic's columns.
CREATE TEMPORARY TABLE rebuilt_${result} WITH (
    'connector' = 'filesystem',
    'path' = '${path}',
    'format' = 'buffered-parquet',
    'buffered-parquet.utc-timezone' = 'true',
    'buffered-parquet.write.int64.timestamp' = 'true',
    'buffered-parquet.timestamp.time.unit' = 'micros',
    'buffered-parquet.compression' = 'SNAPPY'
) LIKE ${result} (EXCLUDING OPTIONS)
