-- Every feature row into the online store, in batches; the function returns how many rows it wrote.
-- Grain: one change of one user. Key: user_id (upsert ordered by event_timestamp, version). State: none.
INSERT INTO online_writes
SELECT write_online(user_id, event_timestamp, version, ${features}) AS written
FROM user_feature_rows
