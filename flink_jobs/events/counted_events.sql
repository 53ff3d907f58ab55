-- The events that results are made of: each once, none more than ten minutes late.
-- Grain: one event. Key: event_id. State: none of its own.
CREATE TEMPORARY VIEW counted_events AS
SELECT * FROM events WHERE NOT is_late AND NOT is_duplicate
