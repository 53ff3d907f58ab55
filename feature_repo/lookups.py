"""Feature look-ups for notebooks: now, as of past moments, and over time. Every time is UTC.

Each opens the store by the ``SHOPSTREAM_`` settings unless one is given: for many calls, open it once (``open_store``).
"""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from feast import FeatureStore
from feast.types import Float64, Int64, UnixTimestamp

from feature_repo.offline_store import changes
from feature_repo.store import open_store
from ingestion.errors import ShopstreamError

SERVICE = "purchase_24h"
"""The feature service whose features are looked up unless another is named: here all features of users."""

_MOMENT = "event_timestamp"
_TIME = "datetime64[us, UTC]"
_PANDAS = {Int64: "Int64", Float64: "Float64", UnixTimestamp: _TIME}
Moment = datetime | pd.Timestamp | str
"""A time; without an offset it is UTC."""


def online(users: Sequence[str] | str, service: str = SERVICE, store: FeatureStore | None = None) -> pd.DataFrame:
    """Return what the scorer would read now: a row a user, in order, indexed by the entity's id.

    Columns are the service's features. A user the store does not know has missing values. Raises what Feast raises when
    the online store is away.
    """
    store = store or open_store()
    key = _key(store, service)
    ids = [users] if isinstance(users, str) else list(users)
    if not ids:
        return pd.DataFrame(columns=_features(store, service), index=pd.Index([], name=key))
    answer = store.get_online_features(store.get_feature_service(service), {key: ids})
    frame: pd.DataFrame = answer.to_df().set_index(key)
    return _typed(frame[_features(store, service)], store, service)


def as_of(
    users: Sequence[str] | str,
    timestamps: Sequence[Moment] | Moment,
    service: str = SERVICE,
    store: FeatureStore | None = None,
) -> pd.DataFrame:
    """Return the features as they were at past moments, from the feature log: a row a user and moment, in order.

    ``users`` and ``timestamps`` are of one length, or one of them is single and goes with each of the other. Columns:
    the entity's id, ``event_timestamp`` (the moment), the features. A user without a row by then has missing values.
    Raises ShopstreamError when the log has no files yet, and ValueError for lengths that do not fit.
    """
    store = store or open_store()
    key = _key(store, service)
    ids = [users] if isinstance(users, str) else list(users)
    single = isinstance(timestamps, str | datetime | pd.Timestamp)
    moments = [timestamps] if single else list(timestamps)  # type: ignore[arg-type]  # a str is single
    if len(ids) != len(moments):
        if 1 not in (len(ids), len(moments)):
            raise ValueError(f"{len(ids)} users and {len(moments)} timestamps: give as many, or one of either.")
        ids, moments = (
            ids * len(moments) if len(ids) == 1 else ids,
            moments * len(ids) if len(moments) == 1 else moments,
        )
    entities = pd.DataFrame({key: ids, _MOMENT: pd.to_datetime(pd.Series(moments), utc=True, format="mixed")})
    found: pd.DataFrame = store.get_historical_features(entities, store.get_feature_service(service)).to_df()
    return _typed(found[[key, _MOMENT, *_features(store, service)]], store, service)


def history(
    user: str,
    start: Moment | None = None,
    end: Moment | None = None,
    service: str = SERVICE,
    store: FeatureStore | None = None,
) -> pd.DataFrame:
    """Return every change of a user's features from ``start`` to ``end``, both included, indexed by its time.

    Each row holds from its time until the next. Of rows that share a time, where a late event came, the last counts.
    Raises ShopstreamError when the log has no files yet.
    """
    store = store or open_store()
    key, names = _key(store, service), _features(store, service)
    view = store.get_feature_view(store.get_feature_service(service).feature_view_projections[0].name)
    first, last = (None if moment is None else _utc(moment) for moment in (start, end))
    found = changes(store.config, view.batch_source, key, user, names, first, last)
    frame: pd.DataFrame = found.to_pandas().set_index(_MOMENT)
    return _typed(frame[names], store, service)


def _utc(moment: Moment) -> datetime:
    found: pd.Timestamp = pd.to_datetime(pd.Series([moment]), utc=True)[0]
    return found.to_pydatetime()


def _features(store: FeatureStore, service: str) -> list[str]:
    projections = store.get_feature_service(service).feature_view_projections
    return [feature.name for projection in projections for feature in projection.features]


def _key(store: FeatureStore, service: str) -> str:
    keys = {
        key
        for projection in store.get_feature_service(service).feature_view_projections
        for key in store.get_feature_view(projection.name).join_keys
    }
    if len(keys) != 1:
        raise ShopstreamError(
            f"The service {service} has features of {', '.join(sorted(keys))}: look one up at a time."
        )
    (key,) = keys
    return str(key)


def _typed(frame: pd.DataFrame, store: FeatureStore, service: str) -> pd.DataFrame:
    """Whole numbers stay whole where some are missing, and times are times of UTC: the same from either store."""
    types = {
        feature.name: _PANDAS[feature.dtype]
        for projection in store.get_feature_service(service).feature_view_projections
        for feature in projection.features
    }
    times = {name: pd.to_datetime(frame[name], utc=True) for name, kind in types.items() if kind == _TIME}
    return frame.assign(**times).astype(types)
