-- Every live row into Redis, in batches: the writer stands before this, and gives no row on.
-- Grain: one change of a window's row. Key: result, window_start, row_key (upsert in stream order). State: none.
INSERT INTO live_store
SELECT written
FROM written_live_rows
