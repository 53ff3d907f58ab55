-- The clean events that are steps of the shop's funnel, in the shape that tests/jobs/funnel_conversions.sql reads.
SELECT
    user_id,
    epoch_us(ts)::UBIGINT AS us,
    list_position(['product_view', 'add_to_cart', 'checkout', 'purchase'], event_type) AS step,
    coalesce(nullif(device, ''), 'unknown') AS device,
    coalesce(nullif(country, ''), 'unknown') AS country,
    coalesce(nullif(regexp_extract(referrer, '://([^/?#]+)', 1), ''), nullif(referrer, ''), 'unknown') AS referrer,
    coalesce(nullif(category, ''), 'unknown') AS product_category
FROM clean
WHERE user_id IS NOT NULL AND event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
