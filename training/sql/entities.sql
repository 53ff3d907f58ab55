-- Who is asked about, and when: users active within $active_within before a cut-off, it included.
-- Grain: one row a user and cut-off. Reads the relations cutoffs(cutoff) and events.
SELECT DISTINCT events.user_id, cutoffs.cutoff
FROM cutoffs
JOIN events ON events.event_time > cutoffs.cutoff - $active_within AND events.event_time <= cutoffs.cutoff
ORDER BY cutoff, user_id
