-- Valid records, each with whether it is late: more than ten minutes behind the newest of its partition or the watermark.
-- Grain: one Kafka record. Key: topic, partition, offset. State: one time a Kafka partition, kept (flag_late).
CREATE TEMPORARY VIEW timed_records AS
SELECT
    event_id,
    event_type,
    event_time,
    rowtime AS row_time,
    user_id,
    session_id,
    device,
    country,
    page,
    referrer,
    product_id,
    category,
    order_id,
    currency,
    total,
    price,
    quantity,
    properties,
    context,
    is_late,
    topic,
    `partition`,
    `offset`,
    kafka_time
FROM flag_late(
    input => TABLE valid_records PARTITION BY topic_partition,
    on_time => DESCRIPTOR(row_time),
    uid => 'flag-late'
)
