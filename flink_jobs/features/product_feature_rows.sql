-- The features of a product as it changes; see operators/.../RollingProductFeatures.java.
-- Grain: one change of one product, several of one second together. Key: product_id, version.
-- State: one compact value a product, until an hour after its windows are empty.
CREATE TEMPORARY VIEW product_feature_rows AS
SELECT * FROM rolling_product_features(
    input => TABLE product_events PARTITION BY product_id,
    on_time => DESCRIPTOR(rowtime),
    uid => 'rolling-product-features'
)
