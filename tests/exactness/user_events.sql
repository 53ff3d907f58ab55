-- The events as the recount of the user features reads them (tests/jobs/user_features.sql), and one probe a user at
-- the end of the stream.
CREATE OR REPLACE TABLE events AS
SELECT
    row_number() OVER (ORDER BY line) AS position,
    user_id, ts, event_type, session_id, page, total,
    CASE event_type
        WHEN 'add_to_cart' THEN price * coalesce(quantity, 1)
        WHEN 'remove_from_cart' THEN -price * coalesce(quantity, 1)
        ELSE 0
    END AS cart_delta
FROM clean
WHERE user_id IS NOT NULL;
CREATE OR REPLACE TABLE probes AS
SELECT row_number() OVER (ORDER BY user_id) - 1 AS probe, user_id, (SELECT max(ts) FROM clean) AS moment
FROM (SELECT DISTINCT user_id FROM events)
