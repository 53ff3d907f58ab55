-- The events of the lake that count, in the order in which the stream took them, with what the results read of them.
-- For DuckDB. Parameters: files, until. From the first to the last that arrived before any event of before `until`.
-- Grain: one event. Key: arrival. State: none.
-- `next_stream_time` is the stream's time before the event that follows: Flink takes a watermark after its row.
-- Flink's files hold times of UTC without saying so.
SELECT
    event_type,
    timestamp::TIMESTAMPTZ AS event_time,
    user_id,
    session_id,
    device,
    country,
    page,
    referrer,
    product_id,
    category,
    currency,
    total,
    price,
    quantity,
    CASE WHEN event_type = 'purchase' THEN properties END AS properties,
    in_backlog,
    coalesce(lead(stream_time) OVER (ORDER BY arrival), stream_time)::TIMESTAMPTZ AS next_stream_time,
    arrival
FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)
WHERE NOT is_late AND NOT is_duplicate AND arrival <= (
    SELECT max(arrival)
    FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)
    WHERE timestamp::TIMESTAMPTZ < $until
)
