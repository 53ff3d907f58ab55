-- The feature rows of the days that are rebuilt; what comes before them only warms the state up.
-- Grain: one change of one ${entity}. Key: ${key}, version. State: none.
CREATE TEMPORARY VIEW rebuilt_${entity}_feature_rows AS
SELECT * FROM ${entity}_feature_rows
WHERE event_timestamp >= TO_TIMESTAMP_LTZ(${start}, 3) AND event_timestamp < TO_TIMESTAMP_LTZ(${until}, 3)
