-- What funnel stages are counted from: which event types are a stage is said here.
-- Grain: one event of a stage. Key: stage. State: none.
CREATE TEMPORARY VIEW funnel_stages_events AS
SELECT
    event_type AS `key`,
    row_time,
    CAST(NULL AS DOUBLE) AS amount,
    user_id AS id,
    CAST(NULL AS STRING) AS word
FROM counted_events
WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
