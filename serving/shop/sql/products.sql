-- What was done with each product, best sellers first; a purchase counts for every product among its items.
-- Grain: product. Parameters: start, until.
WITH events AS (FROM counted_events($start, $until)),
sold AS (
    SELECT
        item ->> '$.product_id' AS product_id,
        moment,
        coalesce((item ->> '$.quantity')::DOUBLE, 1) AS quantity,
        quantity * coalesce((item ->> '$.price')::DOUBLE, 0) AS revenue
    FROM (
        SELECT moment, unnest(from_json(properties -> '$.items', '["JSON"]')) AS item
        FROM events
        WHERE event_type = 'purchase' AND json_type(properties, '$.items') = 'ARRAY'
    )
),
seen AS (
    SELECT
        product_id,
        count(*) FILTER (event_type = 'product_view') AS views,
        count(*) FILTER (event_type = 'add_to_cart') AS carts
    FROM events
    WHERE event_type IN ('product_view', 'add_to_cart') AND length(product_id) BETWEEN 1 AND 200
    GROUP BY product_id
),
bought AS (
    SELECT product_id, sum(quantity) AS units, sum(revenue) AS revenue
    FROM sold
    WHERE length(product_id) BETWEEN 1 AND 200
    GROUP BY product_id
)
SELECT
    coalesce(seen.product_id, bought.product_id) AS product_id,
    coalesce(views, 0) AS views,
    coalesce(carts, 0) AS carts,
    coalesce(units, 0) AS units,
    coalesce(revenue, 0) AS revenue,
    carts / nullif(views, 0) AS carts_per_view
FROM seen FULL JOIN bought ON seen.product_id = bought.product_id
ORDER BY revenue DESC, views DESC, product_id
