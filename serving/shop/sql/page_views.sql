-- What page views are counted from, as in flink_jobs/metrics. Grain: one page view. Parameters: start, until.
SELECT
    moment,
    CASE WHEN length(page) > 1000 THEN left(page, 960) || '#' || md5(page) ELSE page END AS key,
    NULL::DOUBLE AS amount,
    user_id AS id,
    NULL::VARCHAR AS word
FROM counted_events($start, $until)
WHERE event_type = 'page_view' AND page IS NOT NULL
