-- What a user did last, newest first. Grain: one event. Parameters: start, until, user, most.
SELECT moment, event_type, session_id, page, product_id, currency, total, price
FROM counted_events($start, $until)
WHERE user_id = $user
ORDER BY moment DESC
LIMIT $most
