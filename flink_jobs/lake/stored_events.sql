-- The events once more, for the writer of files, for which nothing else waits.
-- Grain: one event as it arrived. Key: topic, partition, offset. State: none.
CREATE TEMPORARY VIEW stored_events AS
SELECT * FROM events
