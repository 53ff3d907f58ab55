-- Windows taken together. What can be added is added from the windows; who is the same person only the events tell, and
-- those are in the lake a checkpoint later, so that a window that is ahead of them counts at least.
-- Grain: bucket, key where $by_key. Reads windows and counted. Parameters: step (NULL: all in one), start, dimension, by_key.
WITH sums AS (
    SELECT
        bucket_of($step, $start, window_start) AS window_start,
        CASE WHEN $by_key THEN key END AS key,
        sum(events)::BIGINT AS events,
        sum(amount::DECIMAL(18, 6))::DOUBLE AS amount,
        max(ids) AS ids,
        list_sort(list_distinct(flatten(list(words)))) AS words
    FROM windows
    GROUP BY ALL
),
distinct_ids AS (
    SELECT
        bucket_of($step, $start, moment) AS window_start,
        CASE WHEN $by_key THEN key END AS key,
        count(DISTINCT id) AS ids
    FROM counted
    WHERE key = $dimension OR $dimension IS NULL
    GROUP BY ALL
)
SELECT
    sums.window_start, sums.key, sums.events, sums.amount, greatest(sums.ids, coalesce(distinct_ids.ids, 0)) AS ids,
    sums.words, NULL::BOOLEAN AS is_final
FROM sums
LEFT JOIN distinct_ids ON sums.window_start = distinct_ids.window_start AND sums.key IS NOT DISTINCT FROM distinct_ids.key
