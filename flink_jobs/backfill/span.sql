-- From when to when the events of the lake are that count. For DuckDB. Parameter: files.
-- Grain: one row. State: none. Flink's files hold times of UTC without saying so.
SELECT min(timestamp)::TIMESTAMPTZ, max(timestamp)::TIMESTAMPTZ
FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)
WHERE NOT is_late AND NOT is_duplicate AND arrival IS NOT NULL
