-- Times of the first and the last event; NULL without any. Grain: one row.
SELECT min(event_time) AS first, max(event_time) AS last FROM events
