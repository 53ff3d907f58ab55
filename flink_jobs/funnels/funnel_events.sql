-- Events that are a step of the funnel, with the step's number and, for the first, the breakdowns' values.
-- A value that is absent or empty is 'unknown', a referrer that is an address counts by its host, and of a long value
-- the first 100 characters count, so that none can fill a user's state.
-- Grain: one event of a known user or device. State: none.
CREATE TEMPORARY VIEW funnel_events AS
SELECT
    user_id,
    row_time AS rowtime,
    event_time,
    step,
    CASE WHEN step = 1 THEN ${first_touch} END AS first_touch
FROM (
    SELECT
        user_id,
        row_time,
        event_time,
        CASE event_type
            WHEN '${event_type_1}' THEN 1
            WHEN '${event_type_2}' THEN 2
            WHEN '${event_type_3}' THEN 3
            WHEN '${event_type_4}' THEN 4
            WHEN '${event_type_5}' THEN 5
            WHEN '${event_type_6}' THEN 6
            WHEN '${event_type_7}' THEN 7
            WHEN '${event_type_8}' THEN 8
        END AS step,
        LEFT(COALESCE(NULLIF(device, ''), 'unknown'), 100) AS device,
        LEFT(COALESCE(NULLIF(country, ''), 'unknown'), 100) AS country,
        LEFT(
            COALESCE(
                NULLIF(REGEXP_EXTRACT(referrer, '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)', 1), ''),
                NULLIF(referrer, ''),
                'unknown'
            ),
            100
        ) AS referrer,
        LEFT(COALESCE(NULLIF(category, ''), 'unknown'), 100) AS product_category
    FROM counted_events
    WHERE user_id IS NOT NULL
    AND event_type IN (
        '${event_type_1}', '${event_type_2}', '${event_type_3}', '${event_type_4}',
        '${event_type_5}', '${event_type_6}', '${event_type_7}', '${event_type_8}'
    )
)
