-- 1 where the user bought after the cut-off and within $horizon of it, else 0.
-- Grain: one row a row of entities(user_id, cutoff), in the order cut-off, user.
SELECT entities.user_id, entities.cutoff, (count(events.user_id) > 0)::INTEGER AS label
FROM entities
LEFT JOIN events
    ON events.user_id = entities.user_id
    AND events.event_type = 'purchase'
    AND events.event_time > entities.cutoff
    AND events.event_time <= entities.cutoff + $horizon
GROUP BY ALL
ORDER BY cutoff, user_id
