"""The Feast objects: entity, source, feature views and services, made from ``flink_jobs.features.schema``."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource
from feast.types import Float64, Int64, UnixTimestamp
from feast.value_type import ValueType

from flink_jobs.features.schema import USER_FEATURE_GROUPS, Feature, FeatureGroup

_TYPES = {"int64": Int64, "double": Float64, "timestamp": UnixTimestamp}
_OWNER = "shopstream"

user = Entity(
    name="user",
    join_keys=["user_id"],
    value_type=ValueType.STRING,
    description="A shop user, by user_id, else by the anonymous id of the device",
    owner=_OWNER,
)

user_feature_log = FileSource(
    name="user_feature_log",
    path="user_features",
    timestamp_field="event_timestamp",
    created_timestamp_column="created_timestamp",
    description="Every row the streaming job wrote, in the order it wrote them",
    tags={"sequence": "version"},
    owner=_OWNER,
)


def _field(feature: Feature) -> Field:
    return Field(
        name=feature.name,
        dtype=_TYPES[feature.type],
        description=feature.description,
        tags={"unit": feature.unit},
    )


def _view(group: FeatureGroup) -> FeatureView:
    return FeatureView(
        name=group.name,
        entities=[user],
        # The streaming job writes the zeros of a user who has fallen silent, so no row is ever too old.
        ttl=timedelta(0),
        schema=[_field(feature) for feature in group.features],
        source=user_feature_log,
        online=True,
        description=group.description,
        owner=_OWNER,
        tags={"written_by": "flink_jobs.features"},
    )


user_24h, user_1h, user_session = (_view(group) for group in USER_FEATURE_GROUPS)

purchase_24h = FeatureService(
    name="purchase_24h",
    features=[user_24h, user_1h, user_session],
    description="Will this user buy within 24 hours?",
    owner=_OWNER,
)
churn_30d = FeatureService(
    name="churn_30d",
    features=[user_24h, user_1h, user_session],
    description="Will this user stay away for 30 days?",
    owner=_OWNER,
)

DEFINITIONS = [user, user_feature_log, user_24h, user_1h, user_session, purchase_24h, churn_30d]
"""Everything ``feast apply`` registers."""
