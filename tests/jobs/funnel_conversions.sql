-- The funnel's rows from the step events in the table steps(user_id, us, step, device, country, referrer,
-- product_category), in ClickHouse: the depth of a user in an hour is windowFunnel over all the user's events with only
-- that hour's first steps. The attempt behind it is found by asking windowFunnel for each first step alone.
-- {window} is the conversion window in microseconds, {conditions} are "step = 2, step = 3, ...", {breakdowns} are
-- ('none', 'all'), ('device', device), ...
WITH
hours AS (
    SELECT DISTINCT user_id, intDiv(us, 3600000000) AS hour FROM steps WHERE step = 1
),
depths AS (
    SELECT h.user_id AS user_id, h.hour AS hour,
        windowFunnel({window})(e.us, e.step = 1 AND intDiv(e.us, 3600000000) = h.hour, {conditions}) AS depth
    FROM hours AS h JOIN steps AS e ON e.user_id = h.user_id
    GROUP BY user_id, hour
),
attempts AS (
    SELECT DISTINCT user_id, us AS first, device, country, referrer, product_category FROM steps WHERE step = 1
),
chains AS (
    SELECT a.user_id AS user_id, a.first AS first, intDiv(first, 3600000000) AS hour,
        (a.device, a.country, a.referrer, a.product_category) AS touch,
        windowFunnel({window})(e.us, e.step = 1 AND e.us = a.first, {conditions}) AS depth,
        arraySort(groupArrayIf(e.us, e.step = 2)) AS at2,
        arraySort(groupArrayIf(e.us, e.step = 3)) AS at3,
        arraySort(groupArrayIf(e.us, e.step = 4)) AS at4
    FROM attempts AS a JOIN steps AS e ON e.user_id = a.user_id
    GROUP BY user_id, first, touch
),
counted AS (
    SELECT c.user_id, c.hour AS hour, d.depth AS depth,
        argMin((c.touch, c.first, c.at2, c.at3, c.at4), (c.first, {order})) AS best,
        best.1.1 AS device, best.1.2 AS country, best.1.3 AS referrer, best.1.4 AS product_category,
        best.2 AS t1,
        arrayFirst(us -> us >= t1, best.3) AS t2,
        arrayFirst(us -> us >= t2, best.4) AS t3,
        arrayFirst(us -> us >= t3, best.5) AS t4
    FROM chains AS c JOIN depths AS d ON d.user_id = c.user_id AND d.hour = c.hour AND d.depth = c.depth
    GROUP BY c.user_id, hour, depth
),
reached AS (
    SELECT hour, breakdown.1 AS name, breakdown.2 AS value, step, intDiv([t1, t2, t3, t4][step] - t1, 1000000) AS seconds
    FROM counted
    ARRAY JOIN [{breakdowns}] AS breakdown
    ARRAY JOIN range(1, depth + 1) AS step
)
SELECT hour, name, value, step, count() AS users, quantileExactInclusive(0.5)(seconds) AS median
FROM reached
GROUP BY hour, name, value, step
