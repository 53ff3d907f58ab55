-- The feature rows as the online store's writer takes them.
-- Grain: one change of one ${entity}. Key: ${key}, version. State: none.
CREATE TEMPORARY VIEW online_${entity}_feature_rows AS
SELECT ${key}, event_timestamp, version, ${features}
FROM ${entity}_feature_rows
