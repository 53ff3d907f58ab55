-- The features of each probe (product_id, moment), from the events alone: what the streaming job has to equal.
WITH seen AS (
    SELECT
        p.probe, p.moment, e.*,
        e.ts >= date_trunc('hour', p.moment) - INTERVAL 23 HOUR AS in_day,
        e.ts >= time_bucket(INTERVAL 5 MINUTE, p.moment) - INTERVAL 55 MINUTE AS in_hour
    FROM probes p JOIN events e ON e.product_id = p.product_id AND e.ts <= p.moment
)
SELECT
    probe,
    count(*) FILTER (in_day AND kind = 'product_view') AS views_24h,
    count(*) FILTER (in_day AND kind = 'add_to_cart') AS carts_24h,
    count(*) FILTER (in_day AND kind = 'purchase') AS product_purchases_24h,
    coalesce(sum(units) FILTER (in_day), 0) AS units_sold_24h,
    coalesce(sum(revenue) FILTER (in_day), 0) AS product_revenue_24h,
    coalesce(product_purchases_24h / nullif(views_24h, 0), 0) AS view_to_purchase_rate_24h,
    count(*) FILTER (in_hour AND kind = 'product_view') AS views_1h,
    count(*) FILTER (in_hour AND kind = 'add_to_cart') AS carts_1h,
    count(*) FILTER (in_hour AND kind = 'purchase') AS product_purchases_1h,
    coalesce(sum(units) FILTER (in_hour), 0) AS units_sold_1h,
    coalesce(sum(revenue) FILTER (in_hour), 0) AS product_revenue_1h,
    coalesce(product_purchases_1h / nullif(views_1h, 0), 0) AS view_to_purchase_rate_1h
FROM seen
GROUP BY probe
ORDER BY probe
