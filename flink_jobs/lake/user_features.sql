-- Every feature row into the feature log.
-- Grain: one change of one user. Key: user_id, version. State: none; files close with a checkpoint.
INSERT INTO lake_user_features
SELECT
    user_id,
    event_timestamp,
    CAST(CURRENT_ROW_TIMESTAMP() AS TIMESTAMP_LTZ(6)) AS created_timestamp,
    version,
    ${features},
    is_capped,
    DATE_FORMAT(event_timestamp, 'yyyy-MM-dd') AS `day`
FROM user_feature_rows
