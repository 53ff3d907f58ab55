-- Every feature row into its topic.
-- Grain: one change of one user. Key: user_id (compacted topic). State: none.
INSERT INTO user_features
SELECT user_id, event_timestamp, version, ${features}, is_capped
FROM user_feature_rows
