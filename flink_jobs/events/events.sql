-- Valid events with everything the jobs share: who, what, and whether the event counts.
-- Grain: one event as it arrived, duplicates included. Key: event_id where NOT is_duplicate.
-- State: none; that of flagged_records is one time a Kafka partition, and one flag an event_id for one hour.
-- How it arrived, late, and duplicate: see operators/.../FlagLate.java and FlagDuplicates.java; kept in the lake, left out of the results.
CREATE TEMPORARY VIEW events AS
SELECT
    event_id,
    event_type,
    event_time,
    row_time,
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
    is_duplicate,
    arrival,
    stream_time,
    in_backlog,
    topic,
    `partition`,
    `offset`,
    kafka_time
FROM flagged_records
