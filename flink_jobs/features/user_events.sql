-- What each event means for the features of its user: which types count as what is said here, once.
-- Grain: one event of a known user or device. State: none.
CREATE TEMPORARY VIEW user_events AS
SELECT
    user_id,
    row_time AS rowtime,
    event_time AS event_timestamp,
    session_id,
    CASE WHEN event_type = 'page_view' THEN page END AS page,
    event_type = 'purchase' AS is_purchase,
    event_type = 'add_to_cart' AS is_cart_addition,
    event_type = 'product_view' AS is_product_view,
    CASE WHEN event_type = 'purchase' THEN total END AS revenue,
    CASE event_type
        WHEN 'add_to_cart' THEN price * COALESCE(quantity, 1)
        WHEN 'remove_from_cart' THEN -price * COALESCE(quantity, 1)
    END AS cart_delta,
    in_backlog
FROM counted_events
WHERE user_id IS NOT NULL
