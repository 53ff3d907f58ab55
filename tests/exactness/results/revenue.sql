-- Revenue in each five minutes.
SELECT
    time_bucket(INTERVAL 5 MINUTE, ts) AS window_start,
    coalesce(currency, 'USD') AS currency,
    sum(total::DECIMAL(18, 6))::DOUBLE AS total_revenue,
    count(*) AS transaction_count,
    total_revenue / transaction_count AS avg_order_value
FROM clean
WHERE event_type = 'purchase'
GROUP BY ALL
