-- Grain: 1 hour of the first step, breakdown, value, step.
-- Key: funnel, window_start, breakdown, value, step (compacted topic). State: none.
INSERT INTO funnel_conversions
SELECT
    funnel,
    window_start,
    breakdown,
    `value`,
    step,
    step_name,
    users,
    step_rate,
    overall_rate,
    drop_off,
    median_seconds,
    is_capped,
    is_final
FROM funnel_conversion_rows
