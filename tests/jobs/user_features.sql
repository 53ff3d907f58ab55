-- The features of each probe (user_id, moment), from the events alone: what the streaming job has to equal.
WITH seen AS (
    SELECT
        p.probe, p.moment, e.*,
        e.ts >= date_trunc('hour', p.moment) - INTERVAL 23 HOUR AS in_day,
        e.ts >= time_bucket(INTERVAL 5 MINUTE, p.moment) - INTERVAL 55 MINUTE AS in_hour
    FROM probes p JOIN events e ON e.user_id = p.user_id AND e.ts <= p.moment
),
last_session AS (
    SELECT probe, arg_max(session_id, (ts, position)) AS session_id
    FROM seen WHERE session_id IS NOT NULL GROUP BY probe
),
-- A session id that was silent for 24 hour-tiles has left the window: when it comes back, it starts anew.
gaps AS (
    SELECT
        s.*,
        epoch(date_trunc('hour', ts)) - lag(epoch(date_trunc('hour', ts)))
            OVER (PARTITION BY s.probe ORDER BY ts, position) > 23 * 3600 AS is_new
    FROM seen s JOIN last_session l ON s.probe = l.probe AND s.session_id = l.session_id
),
current AS (
    SELECT * FROM gaps
    QUALIFY sum(is_new::INT) OVER (PARTITION BY probe ORDER BY ts DESC, position DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) IS NULL
        OR sum(is_new::INT) OVER (PARTITION BY probe ORDER BY ts DESC, position DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) = 0
),
session AS (
    SELECT
        s.probe,
        count(*) AS session_events,
        epoch_us(max(s.ts)) - epoch_us(min(s.ts)) AS session_us,
        max(s.ts) AS last_ts,
        max(s.moment) AS moment,
        max(s.ts) FILTER (s.event_type = 'purchase') AS last_purchase
    FROM current s
    GROUP BY s.probe
),
cart AS (
    SELECT s.probe, greatest(0, sum(s.cart_delta)) AS cart_value
    FROM current s JOIN session x ON x.probe = s.probe
    WHERE x.last_purchase IS NULL OR s.ts > x.last_purchase
    GROUP BY s.probe
)
SELECT
    s.probe,
    count(*) FILTER (in_day) AS total_events_24h,
    count(DISTINCT s.session_id) FILTER (in_day) AS sessions_24h,
    count(DISTINCT page) FILTER (in_day AND event_type = 'page_view') AS unique_pages_24h,
    count(*) FILTER (in_day AND event_type = 'purchase') AS purchases_24h,
    count(*) FILTER (in_day AND event_type = 'add_to_cart') AS cart_additions_24h,
    coalesce(sum(total) FILTER (in_day AND event_type = 'purchase'), 0) AS revenue_24h,
    coalesce(avg(total) FILTER (in_day AND event_type = 'purchase'), 0) AS avg_order_value_24h,
    coalesce(100.0 * purchases_24h / nullif(sessions_24h, 0), 0) AS conversion_rate_24h,
    epoch_us(date_trunc('second', min(s.ts))) AS first_seen,
    epoch_us(date_trunc('second', max(s.ts))) AS last_seen,
    count(*) FILTER (in_hour) AS events_1h,
    count(*) FILTER (in_hour AND event_type = 'product_view') AS product_views_1h,
    count(*) FILTER (in_hour AND event_type = 'add_to_cart') AS cart_additions_1h,
    count(*) FILTER (in_hour AND event_type = 'purchase') AS purchases_1h,
    coalesce(any_value(x.session_events) FILTER (s.moment < x.last_ts + INTERVAL 30 MINUTE), 0) AS session_events,
    coalesce(any_value(x.session_us) FILTER (s.moment < x.last_ts + INTERVAL 30 MINUTE), 0) / 1e6 AS session_seconds,
    coalesce(any_value(c.cart_value) FILTER (s.moment < x.last_ts + INTERVAL 30 MINUTE), 0) AS session_cart_value
FROM seen s LEFT JOIN session x USING (probe) LEFT JOIN cart c USING (probe)
GROUP BY s.probe
ORDER BY s.probe
