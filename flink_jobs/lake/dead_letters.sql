-- Rejected records into their topic, exactly-once.
-- Grain: one Kafka record. Key: source topic, partition, offset. State: none.
INSERT INTO dead_letter_events
SELECT error_code, error_message, source_topic, source_partition, source_offset, kafka_time, key_base64, raw_base64
FROM dead_letters
