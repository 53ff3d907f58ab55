-- What each step event changes in the totals of an hour; see operators/.../OrderedFunnel.java.
-- Grain: one change of one user in one hour and breakdown value. Key: none, changes add up.
-- `totals` (window_start, breakdown, value) is one column because a view cannot hold a partition by several.
-- State: the step events of each user, one compact value, until the hours they can change are final.
CREATE TEMPORARY VIEW funnel_changes AS
SELECT totals, removed, added, capped_change, rowtime
FROM ordered_funnel(
    input => TABLE funnel_events PARTITION BY user_id,
    steps => ${steps},
    breakdowns => ${breakdowns},
    conversion_seconds => ${conversion_seconds},
    -- How late an event may be and still count: see FlagLate.java.
    lateness_seconds => 600,
    on_time => DESCRIPTOR(rowtime),
    uid => 'ordered-funnel-${funnel}'
)
