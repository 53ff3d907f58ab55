-- Views of each page, and by how many users, in each minute.
-- Grain: 1 minute, page. Key: window_start, page (upsert). State: counts and user ids a window, 26 h.
INSERT INTO page_views
SELECT
    FLOOR(row_time TO MINUTE) AS window_start,
    page,
    COUNT(*) AS page_views,
    COUNT(DISTINCT user_id) AS unique_users
FROM counted_events
WHERE event_type = 'page_view' AND page IS NOT NULL
GROUP BY FLOOR(row_time TO MINUTE), page
