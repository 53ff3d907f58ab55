-- What revenue is summed from, as in flink_jobs/metrics. Grain: one purchase. Parameters: start, until.
SELECT
    moment,
    left(coalesce(currency, 'USD'), 100) AS key,
    least(total, 1e9) AS amount,
    NULL::VARCHAR AS id,
    NULL::VARCHAR AS word
FROM counted_events($start, $until)
WHERE event_type = 'purchase'
