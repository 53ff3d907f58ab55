-- Every feature row into the online store, in batches; the function returns how many rows it wrote.
-- Grain: one change of one ${entity}. Key: ${key} (upsert ordered by event_timestamp, version). State: none.
INSERT INTO online_${entity}_features
SELECT write_${entity}_features(${key}, event_timestamp, version, ${features}) AS written
FROM online_${entity}_feature_rows
