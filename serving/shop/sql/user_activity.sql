-- What user activity is counted from, as in flink_jobs/metrics. Grain: one event of a known user or device.
-- Parameters: start, until.
SELECT moment, user_id AS key, NULL::DOUBLE AS amount, session_id AS id, event_type AS word
FROM counted_events($start, $until)
WHERE user_id IS NOT NULL
