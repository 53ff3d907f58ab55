-- Revenue, number of purchases and average order in each five minutes.
-- Grain: 5 minutes, currency. Key: window_start, currency (compacted topic); the row with is_final is the last one.
-- State: two sums a window, until it is final: 10 minutes after its end.
CREATE TEMPORARY VIEW revenue_rows AS
SELECT
    window_start,
    window_end,
    `key` AS currency,
    CAST(amount AS DOUBLE) AS total_revenue,
    events AS transaction_count,
    CAST(amount AS DOUBLE) / events AS avg_order_value,
    is_final
FROM revenue_windows
