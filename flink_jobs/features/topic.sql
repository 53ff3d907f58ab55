-- Every feature row into its topic.
-- Grain: one change of one ${entity}. Key: ${key} (compacted topic). State: none.
INSERT INTO ${entity}_features
SELECT ${key}, event_timestamp, version, ${features}
FROM stored_${entity}_feature_rows
