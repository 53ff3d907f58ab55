-- How many users took the steps in order, from the first one on, and in what time.
-- A user counts once an hour: with the deepest attempt that began in it, of equally deep ones with the earliest.
-- Grain: 1 hour of the first step, breakdown, value, step.
-- Key: funnel, window_start, breakdown, value, step (later rows replace earlier ones). State: none of its own.
CREATE TEMPORARY VIEW funnel_conversion_rows AS
SELECT
    '${funnel}' AS funnel,
    window_start,
    ELT(breakdown + 1, 'none', '${breakdown_1}', '${breakdown_2}', '${breakdown_3}', '${breakdown_4}') AS breakdown,
    `value`,
    step,
    ELT(
        step, '${name_1}', '${name_2}', '${name_3}', '${name_4}', '${name_5}', '${name_6}', '${name_7}', '${name_8}'
    ) AS step_name,
    users,
    COALESCE(CAST(users AS DOUBLE) / NULLIF(users_before, 0), 0) AS step_rate,
    COALESCE(CAST(users AS DOUBLE) / NULLIF(users_entered, 0), 0) AS overall_rate,
    users_before - users AS drop_off,
    median_seconds,
    is_capped,
    is_final
FROM funnel_totals
