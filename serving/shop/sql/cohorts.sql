-- How many of the users who came first in a week came again in each later one. Weeks begin on Mondays, UTC.
-- Grain: cohort (week of the first event in the period) and week since. Parameters: start, until.
WITH weeks AS (
    SELECT DISTINCT user_id, date_trunc('week', moment) AS week
    FROM counted_events($start, $until)
    WHERE user_id IS NOT NULL
),
cohorts AS (SELECT user_id, min(week) AS cohort FROM weeks GROUP BY user_id),
sizes AS (
    SELECT cohort, date_diff('week', cohort, week) AS week, count(*) AS users
    FROM weeks
    JOIN cohorts USING (user_id)
    GROUP BY ALL
)
SELECT cohort AS cohort_week, week, users, users / max(users) OVER (PARTITION BY cohort) AS retention
FROM sizes
ORDER BY cohort_week, week
