"""Feast's Redis store with one round trip and no message a read: what ``get_online_features`` of a service needs.

Named in ``feature_store.yaml``. It holds the same bytes, writes as Feast's does, and leaves every read that is not of a
plain feature service to it. Measured reasons: docs/adr/0014-online-reads.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from feast import FeatureService, RepoConfig
from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from feast.infra.registry.base_registry import BaseRegistry
from feast.online_response import OnlineResponse

from feature_repo.online_rows import OnlineRequest, OnlineRows
from flink_jobs.features.feast_encoding import feature_field, key_maker, timestamp_field

_Key = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]


class OneTripOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]  # Feast has no types
    """The settings of Feast's Redis store."""

    type: str = "feature_repo.online_store.OneTripOnlineStore"


class OneTripOnlineStore(RedisOnlineStore):  # type: ignore[misc]  # Feast has no types
    """Reads all views of a feature service as one HMGET an entity, all entities in one pipeline.

    Raises what ``redis`` raises when the server is away or slow.
    """

    def __init__(self) -> None:
        """Connect to nothing yet."""
        super().__init__()
        self._requests: dict[_Key, OnlineRequest | None] = {}

    def get_online_features(
        self, config: RepoConfig, features: Any, entity_rows: Any, registry: BaseRegistry, project: str, **options: Any
    ) -> OnlineResponse:
        """Return the features of each entity, in order; see ``FeatureStore.get_online_features``."""
        request = self._request(config, features, entity_rows, registry, project, options)
        if request is None:
            return super().get_online_features(config, features, entity_rows, registry, project, **options)
        ids = entity_rows[request.join_key]
        return OnlineRows(request, ids, _asked(self._get_client(config.online_store), request, ids).execute())

    async def get_online_features_async(
        self, config: RepoConfig, features: Any, entity_rows: Any, registry: BaseRegistry, project: str, **options: Any
    ) -> OnlineResponse:
        """Return the same without blocking the event loop; one entity is read by one plain command."""
        request = self._request(config, features, entity_rows, registry, project, options)
        if request is None:
            return await super().get_online_features_async(config, features, entity_rows, registry, project, **options)
        ids = entity_rows[request.join_key]
        client = await self._get_client_async(config.online_store)
        if len(ids) == 1:
            return OnlineRows(request, ids, [await client.hmget(request.key(ids[0]), request.fields)])
        return OnlineRows(request, ids, await _asked(client, request, ids).execute())

    def _request(
        self,
        config: RepoConfig,
        features: Any,
        entity_rows: Any,
        registry: BaseRegistry,
        project: str,
        options: Mapping[str, Any],
    ) -> OnlineRequest | None:
        """Return what is to be read, or None when Feast is to do it."""
        if (
            not isinstance(features, FeatureService)
            or features.precompute_online
            or any(options.values())
            or config.registry.enable_online_feature_view_versioning
            or not isinstance(entity_rows, Mapping)
            or len(entity_rows) != 1
        ):
            return None
        views = tuple((one.name, tuple(f.name for f in one.features)) for one in features.feature_view_projections)
        key = project, views
        if key not in self._requests:
            self._requests[key] = _resolved(features, registry, project)
        request = self._requests[key]
        if request is None:
            return None
        ids = entity_rows.get(request.join_key)
        is_plain = isinstance(ids, Sequence) and ids and all(isinstance(one, str) for one in ids)
        return request if is_plain else None


def _asked(client: Any, request: OnlineRequest, ids: Sequence[str]) -> Any:
    """Return a pipeline of the client, of either kind, that asks for each entity's hash."""
    pipeline = client.pipeline(transaction=False)
    for entity in ids:
        pipeline.hmget(request.key(entity), request.fields)
    return pipeline


def _resolved(features: FeatureService, registry: BaseRegistry, project: str) -> OnlineRequest | None:
    """Look the views up; None when one is not of the same single entity, or renames something."""
    views = {view.name: view for view in registry.list_feature_views(project, allow_cache=True)}
    chosen, join_keys = [], set()
    for projection in features.feature_view_projections:
        view = views.get(projection.name)
        if view is None or projection.name_alias or projection.join_key_map or len(view.join_keys) != 1:
            return None
        join_keys.add(view.join_keys[0])
        chosen.append((view.name, [(field.name, field.dtype.to_value_type()) for field in projection.features]))
    if len(join_keys) != 1:
        return None
    fields = [(place, view, *field) for place, (view, fields) in enumerate(chosen) for field in fields]
    (join_key,) = join_keys
    return OnlineRequest(
        join_key=join_key,
        key=key_maker(join_key, project),
        views=tuple(view for view, _ in chosen),
        features=tuple(name for _, _, name, _ in fields),
        view_of=tuple(place for place, _, _, _ in fields),
        types=tuple(type_ for _, _, _, type_ in fields),
        fields=(
            *(timestamp_field(view) for view, _ in chosen),
            *(feature_field(view, name) for _, view, name, _ in fields),
        ),
    )
