-- The features of users, from the raw events in the lake alone: no code and no row of the streaming job is used.
-- For DuckDB. Grain: one served vector (`pair`). Parameter: files. Table: served (pair, user_id, as_of, scored_at), in UTC.
-- `certain` is false where an event came late and nobody can tell whether before or after the vector was read: within
-- a minute of it (a job may lag), or in a backlog.
WITH counted AS (
    SELECT
        user_id,
        timestamp AS ts,
        event_type,
        session_id,
        CASE WHEN event_type = 'page_view' THEN page END AS page,
        -- Whole millionths, whose sum does not depend on the order.
        round(least(greatest(coalesce(total, 0), -1e9), 1e9) * 1e6)::HUGEINT AS amount,
        round(least(greatest(
            CASE event_type
                WHEN 'add_to_cart' THEN coalesce(price * coalesce(quantity, 1), 0)
                WHEN 'remove_from_cart' THEN coalesce(-price * coalesce(quantity, 1), 0)
                ELSE 0
            END, -1e9), 1e9) * 1e6)::HUGEINT AS cart_change,
        kafka_time,
        arrival,
        -- Before the first watermark nothing is behind it.
        coalesce(in_backlog AND stream_time > timestamp, FALSE) AS is_behind
    FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)
    WHERE NOT is_late AND NOT is_duplicate AND user_id IN (SELECT user_id FROM served)
),
-- What the stream could have taken when the vector was read.
known AS (
    SELECT
        s.pair,
        s.as_of,
        e.*,
        date_trunc('hour', e.ts) > date_trunc('hour', s.as_of) - INTERVAL 24 HOUR AS in_day,
        time_bucket(INTERVAL 5 MINUTE, e.ts) > time_bucket(INTERVAL 5 MINUTE, s.as_of) - INTERVAL 1 HOUR AS in_hour,
        min(e.arrival) FILTER (e.ts = s.as_of) OVER (PARTITION BY s.pair) AS newest_arrival
    FROM served s JOIN counted e ON e.user_id = s.user_id AND e.ts <= s.as_of AND e.kafka_time <= s.scored_at
),
judged AS (
    SELECT
        k.*,
        (k.newest_arrival IS NULL OR k.arrival > k.newest_arrival) AND k.ts < k.as_of
            AND (k.is_behind OR k.kafka_time > s.scored_at - INTERVAL 1 MINUTE) AS is_uncertain
    FROM known k JOIN served s USING (pair)
),
latest_session AS (
    SELECT pair, arg_max(session_id, (ts, arrival)) AS session_id
    FROM judged WHERE session_id IS NOT NULL GROUP BY pair
),
-- A session id that comes back after 24 hour-tiles of silence starts anew: keep what follows the last such gap.
visits AS (
    SELECT
        j.*,
        sum(gap) OVER (PARTITION BY j.pair ORDER BY ts DESC, arrival DESC) - gap AS gaps_after
    FROM (
        SELECT
            j.*,
            coalesce(date_diff('hour', date_trunc('hour', lag(ts) OVER (PARTITION BY j.pair ORDER BY ts, arrival)),
                date_trunc('hour', ts)) >= 24, FALSE)::INT AS gap
        FROM judged j JOIN latest_session USING (pair, session_id)
    ) j
),
session AS (
    SELECT
        pair,
        count(*) AS events,
        epoch_us(max(ts)) - epoch_us(min(ts)) AS micros,
        max(ts) AS last_ts,
        max(ts) FILTER (event_type = 'purchase') AS last_purchase
    FROM visits WHERE gaps_after = 0 GROUP BY pair
),
cart AS (
    SELECT v.pair, greatest(sum(v.cart_change), 0) / 1e6 AS amount
    FROM visits v JOIN session x USING (pair)
    WHERE v.gaps_after = 0 AND (x.last_purchase IS NULL OR v.ts > x.last_purchase)
    GROUP BY v.pair
),
totals AS (
    SELECT
        pair,
        as_of,
        NOT bool_or(is_uncertain) AS certain,
        count(*) FILTER (in_day) AS total_events_24h,
        count(DISTINCT session_id) FILTER (in_day) AS sessions_24h,
        count(DISTINCT page) FILTER (in_day) AS unique_pages_24h,
        count(*) FILTER (in_day AND event_type = 'purchase') AS purchases_24h,
        count(*) FILTER (in_day AND event_type = 'add_to_cart') AS cart_additions_24h,
        coalesce(sum(amount) FILTER (in_day AND event_type = 'purchase'), 0) / 1e6 AS revenue_24h,
        epoch(date_trunc('second', min(ts))) AS first_seen,
        epoch(date_trunc('second', max(ts))) AS last_seen,
        count(*) FILTER (in_hour) AS events_1h,
        count(*) FILTER (in_hour AND event_type = 'product_view') AS product_views_1h,
        count(*) FILTER (in_hour AND event_type = 'add_to_cart') AS cart_additions_1h,
        count(*) FILTER (in_hour AND event_type = 'purchase') AS purchases_1h
    FROM judged GROUP BY pair, as_of
)
SELECT
    t.* EXCLUDE (as_of),
    CASE WHEN purchases_24h > 0 THEN revenue_24h / purchases_24h ELSE 0 END AS avg_order_value_24h,
    CASE WHEN sessions_24h > 0 THEN 100.0 * purchases_24h / sessions_24h ELSE 0 END AS conversion_rate_24h,
    CASE WHEN open THEN x.events ELSE 0 END AS session_events,
    CASE WHEN open THEN x.micros / 1e6 ELSE 0 END AS session_seconds,
    CASE WHEN open THEN coalesce(c.amount, 0) ELSE 0 END AS session_cart_value
FROM (
    SELECT t.*, coalesce(t.as_of < x.last_ts + INTERVAL 30 MINUTE, FALSE) AS open
    FROM totals t LEFT JOIN session x USING (pair)
) t
LEFT JOIN session x USING (pair)
LEFT JOIN cart c USING (pair)
ORDER BY pair
