-- Revenue, number of purchases and average order in each five minutes.
-- Grain: 5 minutes, currency. Key: window_start, currency (upsert). State: two sums a window, 26 h.
INSERT INTO revenue
SELECT
    window_start,
    currency,
    CAST(SUM(total) AS DOUBLE) AS total_revenue,
    COUNT(*) AS transaction_count,
    CAST(SUM(total) / COUNT(*) AS DOUBLE) AS avg_order_value
FROM (
    SELECT
        TO_TIMESTAMP_LTZ(
            TIMESTAMPDIFF(SECOND, TO_TIMESTAMP_LTZ(0, 3), row_time) / 300 * 300, 0
        ) AS window_start,
        COALESCE(currency, 'USD') AS currency,
        -- As in the user features: more than a billion counts as a billion, so that sums are exact.
        CAST(LEAST(total, 1e9) AS DECIMAL(20, 6)) AS total
    FROM counted_events
    WHERE event_type = 'purchase'
)
GROUP BY window_start, currency
