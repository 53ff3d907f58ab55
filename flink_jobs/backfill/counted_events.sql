-- The events that results are made of, under the name that the features read.
-- Grain: one event. State: none.
CREATE TEMPORARY VIEW counted_events AS
SELECT * FROM past_arrivals
