-- Every live row into Redis, in batches; the function returns how many rows it wrote.
-- Grain: one change of a window's row. Key: result, window_start, row_key (upsert in stream order). State: none.
INSERT INTO live_store
SELECT write_live_rows(`result`, window_start, row_key, row_values) AS written
FROM live_rows
