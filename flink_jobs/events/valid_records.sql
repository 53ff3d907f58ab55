-- Records that are events, under the names the jobs use; user_id falls back to the device's anonymous id.
-- An empty id is no id. A text that no result reads is NULL.
-- Grain: one Kafka record. State: none.
CREATE TEMPORARY VIEW valid_records AS
SELECT
    event_id,
    event_type,
    `timestamp` AS event_time,
    row_time,
    COALESCE(NULLIF(user_id, ''), NULLIF(`context.anonymous_id`, '')) AS user_id,
    NULLIF(session_id, '') AS session_id,
    `context.device` AS device,
    `context.country` AS country,
    `properties.page` AS page,
    `properties.referrer` AS referrer,
    `properties.product_id` AS product_id,
    `properties.category` AS category,
    `properties.order_id` AS order_id,
    `properties.currency` AS currency,
    `properties.total` AS total,
    `properties.price` AS price,
    `properties.quantity` AS quantity,
    ${properties} AS properties,
    ${context} AS context,
    topic,
    `partition`,
    `offset`,
    kafka_time
FROM records
WHERE error_code IS NULL AND `timestamp` <= kafka_time + INTERVAL '5' MINUTE
