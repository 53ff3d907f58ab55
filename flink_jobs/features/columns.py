"""The columns of feature rows in SQL."""

from flink_jobs.features.schema import FeatureSet

SQL_TYPES = {"int64": "BIGINT", "double": "DOUBLE", "timestamp": "TIMESTAMP_LTZ(6)"}


def feature_names(features: FeatureSet) -> str:
    """Return the features as a select list."""
    return ", ".join(feature.name for feature in features.features)


def value_names(features: FeatureSet) -> str:
    """Return the features and flags as a select list."""
    return ", ".join([feature_names(features), *features.flags])


def value_columns(features: FeatureSet) -> str:
    """Return the features and flags as column declarations."""
    columns = [f"{feature.name} {SQL_TYPES[feature.type]}" for feature in features.features]
    return ",\n    ".join([*columns, *(f"{flag} BOOLEAN" for flag in features.flags)])
