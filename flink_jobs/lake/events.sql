-- Every valid event with its enrichment, late and duplicate ones flagged.
-- Grain: one event as it arrived. Key: topic, partition, offset. State: none; files close with a checkpoint.
INSERT INTO lake_events
SELECT
    event_id,
    event_time AS `timestamp`,
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
    CAST(EXTRACT(HOUR FROM event_time) AS INT) AS hour_of_day,
    CAST(MOD(DAYOFWEEK(event_time) + 5, 7) + 1 AS INT) AS day_of_week,
    DAYOFWEEK(event_time) IN (1, 7) AS is_weekend,
    CASE
        WHEN total > 100 THEN 'high_value'
        WHEN total > 50 THEN 'medium_value'
        ELSE 'low_value'
    END AS user_segment,
    is_late,
    is_duplicate,
    arrival,
    stream_time,
    in_backlog,
    topic,
    `partition`,
    `offset`,
    kafka_time,
    event_type,
    DATE_FORMAT(event_time, 'yyyy') AS `year`,
    DATE_FORMAT(event_time, 'MM') AS `month`,
    DATE_FORMAT(event_time, 'dd') AS `day`
FROM stored_events
