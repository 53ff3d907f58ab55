-- The feature rows once more, for the online store: its writer waits for its Python worker at the end of each batch, and
-- what computes the next rows must not wait with it.
-- Grain: one change of one ${entity}. Key: ${key}, version. State: none.
CREATE TEMPORARY VIEW online_${entity}_feature_rows AS
SELECT * FROM ${entity}_feature_rows
