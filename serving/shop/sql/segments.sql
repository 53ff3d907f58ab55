-- Who the users of a period are, by the most that one of their orders was worth: above 100, above 50, less, or no order.
-- Grain: segment. Parameters: start, until.
WITH users AS (
    SELECT
        user_id,
        max(total) FILTER (event_type = 'purchase') AS most,
        coalesce(sum(least(total, 1e9)::DECIMAL(18, 6)) FILTER (event_type = 'purchase'), 0)::DOUBLE AS revenue,
        count(*) AS events
    FROM counted_events($start, $until)
    WHERE user_id IS NOT NULL
    GROUP BY user_id
)
SELECT
    CASE
        WHEN most > 100 THEN 'high_value' WHEN most > 50 THEN 'medium_value' WHEN most IS NOT NULL THEN 'low_value'
        ELSE 'no_order'
    END AS segment,
    count(*) AS users,
    count(*) / sum(count(*)) OVER () AS share_of_users,
    sum(revenue) AS revenue,
    sum(events)::BIGINT AS events
FROM users
GROUP BY segment
ORDER BY list_position(['high_value', 'medium_value', 'low_value', 'no_order'], segment)
