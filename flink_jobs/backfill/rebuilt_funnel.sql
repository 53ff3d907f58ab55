-- The hours of the funnel whose attempts, too, end within the time that is rebuilt, each by its last rows.
-- Grain: 1 hour of the first step, breakdown, value, step. State: none.
INSERT INTO rebuilt_funnel_conversions
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
WHERE is_final
AND window_start >= TO_TIMESTAMP_LTZ(${start}, 3)
AND window_start + INTERVAL '1' HOUR <= TO_TIMESTAMP_LTZ(${until} - 1000 * ${conversion_seconds}, 3)
