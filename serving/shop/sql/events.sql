-- The events that results are made of, each once, none of them late. For DuckDB.
-- Grain: one event. The folders of days outside are not opened. Flink's files hold times of UTC without saying so.
CREATE TEMP MACRO counted_events(first, until) AS TABLE
SELECT
    "timestamp"::TIMESTAMPTZ AS moment,
    event_type, user_id, session_id, page, referrer, device, country, product_id, category, currency, total, price,
    quantity, properties, user_segment
FROM lake_files
WHERE "year" || '-' || "month" || '-' || "day" BETWEEN strftime(first, '%Y-%m-%d') AND strftime(until, '%Y-%m-%d')
    AND "timestamp"::TIMESTAMPTZ >= first AND "timestamp"::TIMESTAMPTZ < until
    AND NOT is_late AND NOT is_duplicate
