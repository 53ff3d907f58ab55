-- What funnel stages are counted from, as in flink_jobs/metrics. Grain: one event of a stage. Parameters: start, until.
SELECT moment, event_type AS key, NULL::DOUBLE AS amount, user_id AS id, NULL::VARCHAR AS word
FROM counted_events($start, $until)
WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
