-- What revenue is summed from.
-- Grain: one purchase. Key: currency. State: none.
CREATE TEMPORARY VIEW revenue_events AS
SELECT
    LEFT(COALESCE(currency, 'USD'), 100) AS `key`,
    row_time,
    total AS amount,
    CAST(NULL AS STRING) AS id,
    CAST(NULL AS STRING) AS word
FROM counted_events
WHERE event_type = 'purchase'
