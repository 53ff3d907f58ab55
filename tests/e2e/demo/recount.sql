-- The window results of the shifted clickstream, from the table `expected` alone. Parameter: the shift in microseconds.
CREATE TABLE moved AS SELECT *, happened + to_microseconds($shift) AS ts FROM expected;
CREATE TABLE page_views AS
SELECT date_trunc('minute', ts) AS window_start, event AS page, count(*) AS page_views,
    count(DISTINCT user_id) AS unique_users
FROM moved WHERE event_type = 'page_view' GROUP BY ALL;
CREATE TABLE revenue AS
SELECT time_bucket(INTERVAL 5 MINUTE, ts) AS window_start, sum(amount::DECIMAL(18, 2)) AS total_revenue,
    count(*) AS transaction_count
FROM moved WHERE event_type = 'purchase' GROUP BY ALL;
