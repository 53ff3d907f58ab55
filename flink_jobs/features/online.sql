-- Every feature row into the online store, in batches: the writer stands before this, and gives no row on.
-- Grain: one change of one ${entity}. Key: ${key} (upsert ordered by event_timestamp, version). State: none.
INSERT INTO online_${entity}_features
SELECT written
FROM written_online_${entity}_feature_rows
