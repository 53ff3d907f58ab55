-- The events that results are made of, under the name that the jobs read: those of the lake in the order of their
-- arrival, from the file that arrivals.py made of them, read by one task.
-- The watermark before each is the one that the stream had before it.
CREATE TEMPORARY TABLE counted_events (
    event_type STRING NOT NULL,
    event_time TIMESTAMP_LTZ(6) NOT NULL,
    user_id STRING,
    session_id STRING,
    device STRING,
    country STRING,
    page STRING,
    referrer STRING,
    product_id STRING,
    category STRING,
    currency STRING,
    total DOUBLE,
    price DOUBLE,
    quantity DOUBLE,
    properties STRING,
    in_backlog BOOLEAN NOT NULL,
    next_stream_time TIMESTAMP_LTZ(6),
    row_time AS CAST(event_time AS TIMESTAMP_LTZ(3)),
    WATERMARK FOR row_time AS CAST(next_stream_time AS TIMESTAMP_LTZ(3))
) WITH (
    'connector' = 'filesystem',
    'path' = '${path}',
    'format' = 'parquet',
    'parquet.utc-timezone' = 'true'
)
