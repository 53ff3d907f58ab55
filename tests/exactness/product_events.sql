-- What each clean event means for each product, as the recount of the product features reads it
-- (tests/jobs/product_features.sql), and one probe a product at the end of the stream.
CREATE OR REPLACE TABLE events AS
WITH items AS (
    SELECT line, ts, unnest(from_json(items, '[{"product_id": "VARCHAR", "quantity": "DOUBLE", "price": "DOUBLE"}]')) AS item
    FROM clean
    WHERE event_type = 'purchase' AND items IS NOT NULL
),
bought AS (
    SELECT line, item.product_id AS product_id, ts, sum(item.quantity) AS units, sum(item.quantity * item.price) AS revenue
    FROM items
    WHERE item.product_id IS NOT NULL AND item.quantity > 0
    GROUP BY ALL
)
SELECT product_id, ts, event_type AS kind, 0.0::DOUBLE AS units, 0.0::DOUBLE AS revenue
FROM clean
WHERE event_type IN ('product_view', 'add_to_cart') AND product_id IS NOT NULL
UNION ALL
SELECT product_id, ts, 'purchase', units, revenue
FROM bought;
CREATE OR REPLACE TABLE probes AS
SELECT row_number() OVER (ORDER BY product_id) - 1 AS probe, product_id, (SELECT max(ts) FROM clean) AS moment
FROM (SELECT DISTINCT product_id FROM events)
