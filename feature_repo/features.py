"""The Feast objects: entities, sources, feature views and services, made from ``flink_jobs.features.schema``."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from feast.repo_config import RepoConfig
from feast.types import Float64, Int64, UnixTimestamp
from feast.value_type import ValueType

from flink_jobs.features.schema import PRODUCT, USER, Feature, FeatureGroup, FeatureSet

_TYPES = {"int64": Int64, "double": Float64, "timestamp": UnixTimestamp}
_OWNER = "shopstream"


class _FeatureLog(FileSource):  # type: ignore[misc]  # Feast ships no types
    """A folder of the lake; its path is relative to the lake's root, which only the offline store knows."""

    def validate(self, config: RepoConfig) -> None:
        """Do not look for the folder: it is there once the job has written a row, and not under this path."""


def _entity(features: FeatureSet, description: str) -> Entity:
    return Entity(
        name=features.entity,
        join_keys=[features.key],
        value_type=ValueType.STRING,
        description=description,
        owner=_OWNER,
        tags={"log": features.name},
    )


def _log(features: FeatureSet) -> FileSource:
    return _FeatureLog(
        name=f"{features.entity}_feature_log",
        path=features.name,
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
        description="Every row the streaming job wrote, in the order it wrote them",
        tags={"sequence": "version"},
        owner=_OWNER,
    )


def _push(features: FeatureSet, log: FileSource) -> PushSource:
    return PushSource(
        name=f"{features.entity}_feature_push",
        batch_source=log,
        description="For rows that come from elsewhere than the streaming job, whose next row replaces them",
        owner=_OWNER,
    )


def _field(feature: Feature, group: FeatureGroup) -> Field:
    return Field(
        name=feature.name,
        dtype=_TYPES[feature.type],
        description=feature.description,
        tags={"unit": feature.unit, "window": group.window, "owner": _OWNER},
    )


def _view(group: FeatureGroup, entity: Entity, source: PushSource) -> FeatureView:
    return FeatureView(
        name=group.name,
        entities=[entity],
        # The streaming job writes the zeros of who has fallen silent, so no row is ever too old.
        ttl=timedelta(0),
        schema=[_field(feature, group) for feature in group.features],
        source=source,
        online=True,
        description=group.description,
        owner=_OWNER,
        tags={"written_by": "flink_jobs.features", "window": group.window},
    )


user = _entity(USER, "A shop user, by user_id, else by the anonymous id of the device")
product = _entity(PRODUCT, "A product, by the product_id in an event's properties or in the items of a purchase")

user_feature_log = _log(USER)
product_feature_log = _log(PRODUCT)

user_feature_push = _push(USER, user_feature_log)
product_feature_push = _push(PRODUCT, product_feature_log)

user_24h, user_1h, user_session = (_view(group, user, user_feature_push) for group in USER.groups)
product_24h, product_1h = (_view(group, product, product_feature_push) for group in PRODUCT.groups)

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
product_activity = FeatureService(
    name="product_activity",
    features=[product_24h, product_1h],
    description="How much is this product viewed and bought?",
    owner=_OWNER,
)

DEFINITIONS = [
    user,
    product,
    user_feature_log,
    product_feature_log,
    user_feature_push,
    product_feature_push,
    user_24h,
    user_1h,
    user_session,
    product_24h,
    product_1h,
    purchase_24h,
    churn_30d,
    product_activity,
]
"""Everything ``feast apply`` registers."""
