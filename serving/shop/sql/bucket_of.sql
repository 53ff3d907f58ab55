-- The beginning of the step that a moment lies in, weeks from Monday; that of the whole period where step is NULL.
CREATE TEMP MACRO bucket_of(step, first, moment) AS
    CASE WHEN step IS NULL THEN first ELSE time_bucket(step, moment, TIMESTAMPTZ '1970-01-05 00:00:00+00') END
