-- Every record of the event topics, parsed once: a valid event, or an error code with the raw bytes.
-- Grain: one Kafka record. Key: topic, partition, offset. State: none.
-- Long texts are read only for the results that need them (sources.py).
-- A record that is no event, or whose clock runs ahead, must not move the watermark: its row_time is 1970.
CREATE TEMPORARY TABLE records (
    `event_id` STRING,
    `event_type` STRING,
    `timestamp` TIMESTAMP_LTZ(6),
    `user_id` STRING,
    `session_id` STRING,
    `context.anonymous_id` STRING,
    `context.device` STRING,
    `context.country` STRING,
    `properties.page` STRING,
    `properties.referrer` STRING,
    `properties.product_id` STRING,
    `properties.category` STRING,
    `properties.order_id` STRING,
    `properties.currency` STRING,
    `properties.total` DOUBLE,
    `properties.price` DOUBLE,
    `properties.quantity` DOUBLE,
    `error_code` STRING,
    ${texts}
    `topic` STRING NOT NULL METADATA VIRTUAL,
    `partition` INT NOT NULL METADATA VIRTUAL,
    `offset` BIGINT NOT NULL METADATA VIRTUAL,
    `kafka_time` TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    `row_time` AS CASE
        WHEN `error_code` IS NULL AND `timestamp` <= `kafka_time` + INTERVAL '5' MINUTE
        THEN CAST(`timestamp` AS TIMESTAMP_LTZ(3))
        ELSE TO_TIMESTAMP_LTZ(0, 3)
    END,
    WATERMARK FOR `row_time` AS `row_time`
) WITH (
    'connector' = 'shop-kafka',
    'silence' = '${silence}',
    'topic' = '${topics}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'properties.group.id' = '${group}',
    'properties.client.id.prefix' = '${group}',
    'scan.startup.mode' = 'group-offsets',
    'properties.auto.offset.reset' = 'earliest',
    'scan.topic-partition-discovery.interval' = '5 min',
    -- One task reads all partitions, so that one clock tells when all are silent; what follows runs in parallel.
    'scan.parallelism' = '1',
    -- A replay of dead letters writes in transactions: what it broke off was never sent.
    'properties.isolation.level' = 'read_committed',
    -- key options: where the key is read
    'value.format' = 'shop-event',
    'value.shop-event.rules' = '${rules}'
)
