-- Dead letters, in one transaction a checkpoint: consumers read with isolation.level=read_committed.
CREATE TEMPORARY TABLE dead_letter_events (
    error_code STRING,
    error_message STRING,
    source_topic STRING,
    source_partition INT,
    source_offset BIGINT,
    kafka_time TIMESTAMP_LTZ(3),
    key_base64 STRING,
    raw_base64 STRING
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    -- The longest that a broker allows by itself: what a job was killed before committing is lost when it comes back later.
    'properties.transaction.timeout.ms' = '900000',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${group}-dead-letters'
)
