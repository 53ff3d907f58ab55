-- The windows of a metric that lie within the time that is rebuilt, each by its last row.
-- Grain: that of the metric, as its key. State: none.
INSERT INTO rebuilt_${result}
SELECT * FROM ${result}_rows
WHERE is_final
AND window_start >= TO_TIMESTAMP_LTZ(${start}, 3) AND window_end <= TO_TIMESTAMP_LTZ(${until}, 3)
