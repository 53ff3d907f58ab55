-- What the shop did in a period. Grain: one row. Parameters: start, until.
WITH events AS (FROM counted_events($start, $until))
SELECT
    count(*) AS events,
    count(DISTINCT user_id) AS active_users,
    count(DISTINCT session_id) AS sessions,
    count(*) FILTER (event_type = 'purchase') AS purchases,
    count(DISTINCT user_id) FILTER (event_type = 'purchase') AS buyers,
    coalesce(sum(least(total, 1e9)::DECIMAL(18, 6)) FILTER (event_type = 'purchase'), 0)::DOUBLE AS revenue,
    revenue / nullif(purchases, 0) AS avg_order_value,
    count(DISTINCT session_id) FILTER (event_type = 'purchase') / nullif(sessions, 0) AS conversion_rate
FROM events
