-- Views of each page, and by how many users, in each minute.
-- Grain: 1 minute, page. Key: window_start, page (compacted topic); the row with is_final is the last one.
-- State: count and user ids of a window, until it is final: 10 minutes after its end.
CREATE TEMPORARY VIEW page_views_rows AS
SELECT window_start, window_end, `key` AS page, events AS page_views, distinct_ids AS unique_users, is_final
FROM page_views_windows
