-- Changes of the rules, in the partition of the windows. A NULL rule removes the one with its key.
-- Grain: one change. Key: rule_key. State: none.
CREATE TEMPORARY VIEW anomaly_rules AS
SELECT 0 AS shard, rule_key, `rule`, rule_time
FROM alert_rules
