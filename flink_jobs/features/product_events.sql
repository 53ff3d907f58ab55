-- What each event means for the features of a product: which types count as what is said here, once.
-- Grain: one event and product; a purchase is one row for each product in it. State: none.
CREATE TEMPORARY VIEW product_events AS
SELECT * FROM (
    SELECT
        CASE WHEN event_type = 'purchase' THEN item_id ELSE product_id END AS product_id,
        row_time AS rowtime,
        event_time AS event_timestamp,
        event_type = 'product_view' AS is_view,
        event_type = 'add_to_cart' AS is_cart_addition,
        event_type = 'purchase' AS is_purchase,
        item_units AS units,
        item_revenue AS revenue,
        in_backlog
    FROM counted_events
    LEFT JOIN LATERAL TABLE(order_items(CASE WHEN event_type = 'purchase' THEN properties END))
        AS item(item_id, item_units, item_revenue) ON TRUE
    WHERE event_type IN ('product_view', 'add_to_cart', 'purchase')
)
-- A longer id is no id, so that no event can fill the state.
WHERE CHAR_LENGTH(product_id) BETWEEN 1 AND 200
