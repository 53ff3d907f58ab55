-- The windows of a result: those that Redis has as they are there, the others counted from the lake.
-- Grain: window, key. Reads counted (a result's events), live_windows and live_rows. Parameters: size, dimension.
WITH lake AS (
    SELECT
        time_bucket($size, moment) AS window_start,
        key,
        count(*) AS events,
        sum(amount::DECIMAL(18, 6))::DOUBLE AS amount,
        count(DISTINCT id) AS ids,
        list_sort(list(DISTINCT word) FILTER (word IS NOT NULL)) AS words,
        TRUE AS is_final
    FROM counted
    WHERE key = $dimension OR $dimension IS NULL
    GROUP BY ALL
)
SELECT * FROM lake WHERE window_start NOT IN (SELECT window_start FROM live_windows)
UNION ALL BY NAME
SELECT * FROM live_rows WHERE key = $dimension OR $dimension IS NULL
