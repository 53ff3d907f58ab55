-- Records that are no events, with the reason and the bytes as they came.
-- Grain: one Kafka record. Key: topic, partition, offset. State: none.
CREATE TEMPORARY VIEW dead_letters AS
SELECT
    count_dead_letter(COALESCE(error_code, 'future_timestamp')) AS error_code,
    COALESCE(
        error_message,
        CONCAT(
            'The timestamp ', CAST(`timestamp` AS STRING), ' lies more than 5 minutes after ',
            CAST(kafka_time AS STRING), ', when Kafka received the record.'
        )
    ) AS error_message,
    topic AS source_topic,
    `partition` AS source_partition,
    `offset` AS source_offset,
    kafka_time,
    -- Cut after 16,383 bytes: key and value of one that the broker took may be more, in base64, than it takes.
    LEFT(TO_BASE64(`key`), 21844) AS key_base64,
    TO_BASE64(`raw`) AS raw_base64
FROM records
WHERE error_code IS NOT NULL OR `timestamp` > kafka_time + INTERVAL '5' MINUTE
