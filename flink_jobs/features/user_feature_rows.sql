-- The features of a user after each event and each decay; see operators/.../RollingUserFeatures.java.
-- Grain: one change of one user. Key: user_id, version. State: one compact value a user, kept.
CREATE TEMPORARY VIEW user_feature_rows AS
SELECT * FROM rolling_user_features(
    input => TABLE user_events PARTITION BY user_id,
    on_time => DESCRIPTOR(rowtime),
    uid => 'rolling-user-features'
)
