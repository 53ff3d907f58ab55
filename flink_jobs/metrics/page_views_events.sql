-- What page views are counted from. A page of more than 1,000 characters counts under its beginning and its hash, so
-- that a result row always fits a Kafka record.
-- Grain: one page view. Key: page. State: none.
CREATE TEMPORARY VIEW page_views_events AS
SELECT
    IF(CHAR_LENGTH(page) > 1000, CONCAT(LEFT(page, 960), '#', MD5(page)), page) AS `key`,
    row_time,
    CAST(NULL AS DOUBLE) AS amount,
    user_id AS id,
    CAST(NULL AS STRING) AS word
FROM counted_events
WHERE event_type = 'page_view' AND page IS NOT NULL
