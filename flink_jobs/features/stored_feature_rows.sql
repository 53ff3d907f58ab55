-- The feature rows once more, for their topic and their log, which are slower than the online store and must not hold it up.
-- Grain: one change of one ${entity}. Key: ${key}, version. State: none.
CREATE TEMPORARY VIEW stored_${entity}_feature_rows AS
SELECT * FROM ${entity}_feature_rows
