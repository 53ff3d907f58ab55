-- Views of each page and their users in each minute.
SELECT date_trunc('minute', ts) AS window_start, page, count(*) AS page_views, count(DISTINCT user_id) AS unique_users
FROM clean
WHERE event_type = 'page_view' AND page IS NOT NULL
GROUP BY ALL
