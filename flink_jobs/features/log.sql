-- Every feature row into its log.
-- Grain: one change of one ${entity}. Key: ${key}, version. State: none; files close with a checkpoint.
INSERT INTO lake_${entity}_features
SELECT
    ${key},
    event_timestamp,
    CAST(CURRENT_ROW_TIMESTAMP() AS TIMESTAMP_LTZ(6)) AS created_timestamp,
    version,
    ${features},
    DATE_FORMAT(event_timestamp, 'yyyy-MM-dd') AS `day`
FROM ${rows}
