-- Events of each stage of the shop's way to a purchase, and by how many users, whatever their order.
-- Grain: 15 minutes, stage. Key: window_start, stage (compacted topic); the row with is_final is the last one.
-- State: count and user ids of a window, until it is final: 10 minutes after its end.
CREATE TEMPORARY VIEW funnel_stages_rows AS
SELECT window_start, window_end, `key` AS stage, events AS `count`, distinct_ids AS unique_users, is_final
FROM funnel_stages_windows
