-- The events that labels and activity are counted from: of a known user, each once, late ones included.
-- Grain: one event. Parameter: $files, a glob over the event lake. A table, for it is scanned several times.
CREATE TEMP TABLE events AS
SELECT user_id, event_type, "timestamp"::TIMESTAMPTZ AS event_time
FROM read_parquet($files, hive_partitioning = true, union_by_name = true)
WHERE user_id IS NOT NULL AND NOT is_duplicate
