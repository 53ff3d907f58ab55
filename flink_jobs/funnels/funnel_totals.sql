-- The changes added up; see operators/.../CountConversions.java.
-- Grain: 1 hour, breakdown, value, step. Key: these (later rows replace earlier ones; the last is final).
-- State: users and times of each window and value, until the window is final: 1 h + the conversion window + 10 min.
CREATE TEMPORARY VIEW funnel_totals AS
SELECT
    totals.window_start,
    totals.breakdown,
    totals.`value`,
    step,
    users,
    users_before,
    users_entered,
    median_seconds,
    is_capped,
    is_final
FROM count_conversions(
    input => TABLE funnel_changes PARTITION BY totals,
    steps => ${steps},
    conversion_seconds => ${conversion_seconds},
    lateness_seconds => 600,
    interval_ms => ${interval_ms},
    on_time => DESCRIPTOR(rowtime),
    uid => 'count-conversions-${funnel}'
)
