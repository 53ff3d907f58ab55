-- When the shop is used. Grain: weekday (1: Monday) and hour of the day, both of UTC, that had events.
-- Parameters: start, until.
SELECT
    isodow(moment) AS weekday,
    hour(moment) AS hour,
    count(*) AS events,
    count(DISTINCT user_id) AS active_users,
    count(*) FILTER (event_type = 'purchase') AS purchases
FROM counted_events($start, $until)
GROUP BY ALL
ORDER BY ALL
