-- The rows of the feature log as of each probe, in the shape of the recount.
SELECT
    p.probe,
    arg_max(COLUMNS(r.* EXCLUDE (product_id, event_timestamp, created_timestamp, version, "day")),
        (r.event_timestamp, r.version))
FROM probes p
JOIN (SELECT * FROM read_parquet(?)) r
    ON r.product_id = p.product_id AND r.event_timestamp AT TIME ZONE 'UTC' <= p.moment
GROUP BY p.probe
ORDER BY p.probe
