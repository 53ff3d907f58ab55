-- Rules as they are set and removed: the compacted topic that `shopstream alerts` writes, read from its beginning.
-- Grain: one change of a rule. Key: rule_key; the latest record holds, a NULL one is a removal.
-- Rules have no time of their own: rule_time is the end of time, so the first record lets the watermark of the windows
-- through for good; while there is none, the table counts as idle after ${idle}.
CREATE TEMPORARY TABLE alert_rules (
    rule_key STRING,
    `rule` STRING,
    rule_time AS TO_TIMESTAMP_LTZ(253402214400000, 3),
    WATERMARK FOR rule_time AS rule_time
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${bootstrap}',
    'properties.group.id' = '${group}-alert-rules',
    'properties.client.id.prefix' = '${group}-alert-rules',
    'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = '${end}',
    'scan.parallelism' = '1',
    'scan.watermark.idle-timeout' = '${idle}',
    'key.format' = 'raw',
    'key.fields' = 'rule_key',
    'value.format' = 'raw',
    'value.fields-include' = 'EXCEPT_KEY'
)
