-- The ecom clickstream as our events, straight from the published file (parameter 1): what a replay has to give.
CREATE TABLE expected AS
WITH numbered AS (SELECT row_number() OVER () AS n, * FROM read_csv(?, all_varchar = true)),
typed AS (
  SELECT *, md5(concat_ws('|', 'ecom', n, user_id, session_id, event, timestamp)) AS event_id, CASE
    WHEN event IN ('home', 'catalog', 'promo_page', 'account_page', 'review_page', 'cart') THEN 'page_view'
    WHEN event = 'filter_results' THEN 'click'
    WHEN event IN ('shipping_details', 'payment_details') THEN 'checkout'
    WHEN event IN ('error_page', 'payment_error', 'checkout_bug') THEN 'error'
    ELSE event END AS event_type
  FROM numbered
),
seeded AS (SELECT *, (('0x' || event_id[1:13])::BIGINT + 0.5) / pow(16, 13) AS u FROM typed)
SELECT event_id, event_type, event, user_id, session_id, timestamp::TIMESTAMP AS happened, CASE
    WHEN event_type IN ('page_view', 'click') THEN 'web_events'
    WHEN event_type IN ('purchase', 'add_to_cart', 'checkout') THEN 'transaction_events'
    WHEN event_type = 'product_view' THEN 'product_events'
    WHEN event_type = 'search' THEN 'search_events'
    WHEN event_type = 'error' THEN 'error_events'
    ELSE 'general_events' END AS topic,
  CASE event WHEN 'purchase' THEN round(60 * pow(u / (1 - u), 1 / 3.0), 2)
    WHEN 'add_to_cart' THEN round(30 * pow(u / (1 - u), 1 / 3.0), 2) END AS amount
FROM seeded
