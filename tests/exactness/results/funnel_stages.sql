-- Events of each stage and their users in each quarter of an hour.
SELECT
    time_bucket(INTERVAL 15 MINUTE, ts) AS window_start,
    event_type AS stage,
    count(*) AS "count",
    count(DISTINCT user_id) AS unique_users
FROM clean
WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
GROUP BY ALL
