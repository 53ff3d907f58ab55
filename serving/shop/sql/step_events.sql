-- The events that are a step of the funnel, with the values of the breakdowns, as in flink_jobs/funnels/funnel_events.sql.
-- Grain: one event of a known user or device. Parameters: start, until, types (the steps' event types).
SELECT
    user_id,
    moment,
    list_position($types, event_type) AS step,
    'all' AS none,
    left(coalesce(nullif(device, ''), 'unknown'), 100) AS device,
    left(coalesce(nullif(country, ''), 'unknown'), 100) AS country,
    left(
        coalesce(
            nullif(regexp_extract(referrer, '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)', 1), ''),
            nullif(referrer, ''),
            'unknown'
        ),
        100
    ) AS referrer,
    left(coalesce(nullif(category, ''), 'unknown'), 100) AS product_category
FROM counted_events($start, $until)
WHERE user_id IS NOT NULL AND list_contains($types, event_type)
