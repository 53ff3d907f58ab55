"""Feast's offline store on the feature log: point-in-time joins by DuckDB.

Feast's file store reads only files named ``*.parquet`` with aware timestamps, breaks ties at random and joins
every row of a user with every moment; Flink's files have no extension, and a late event's row shares its
moment with the row it corrects.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureView, FileSource, OnDemandFeatureView, RepoConfig
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob, RetrievalMetadata
from feast.infra.registry.base_registry import BaseRegistry
from feast.repo_config import FeastConfigBaseModel
from feast.saved_dataset import SavedDatasetStorage

from ingestion.errors import ShopstreamError

_MOMENT = "event_timestamp"


class LakeOfflineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]  # Feast ships no types
    """``offline_store:`` of ``feature_store.yaml``."""

    type: Literal["feature_repo.offline_store.LakeOfflineStore"] = "feature_repo.offline_store.LakeOfflineStore"

    lake: str
    """Root of the lake: a URI or a folder, absolute or relative to this repository. Sources lie in it."""


class LakeRetrievalJob(RetrievalJob):  # type: ignore[misc]  # Feast ships no types
    """A query that runs when its result is asked for, each time anew."""

    def __init__(
        self,
        run: Callable[[], pa.Table],
        metadata: RetrievalMetadata | None = None,
        full_feature_names: bool = False,
        on_demand_feature_views: Sequence[OnDemandFeatureView] = (),
    ) -> None:
        self._run = run
        self._metadata = metadata
        self._full_feature_names = full_feature_names
        self._on_demand_feature_views = list(on_demand_feature_views)

    @property
    def full_feature_names(self) -> bool:
        """Whether columns are named ``view__feature``."""
        return self._full_feature_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        """Views that Feast computes on the result."""
        return self._on_demand_feature_views

    @property
    def metadata(self) -> RetrievalMetadata | None:
        """What was asked for."""
        return self._metadata

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:  # noqa: ARG002 (Feast's signature)
        return self._run()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal(timeout).to_pandas()
        return frame

    def persist(
        self, storage: SavedDatasetStorage, allow_overwrite: bool | None = False, timeout: int | None = None
    ) -> None:
        """Write the result as one Parquet file."""
        path = Path(storage.file_options.uri)
        if path.exists() and not allow_overwrite:
            raise ShopstreamError(f"{path} is there already; allow overwriting or choose another path")
        pq.write_table(self._to_arrow_internal(timeout), path)


class LakeOfflineStore(OfflineStore):  # type: ignore[misc]  # Feast ships no types
    """Reads folders of Parquet files ``part-*`` at any depth; naive timestamps in them are UTC.

    Reading raises ShopstreamError when a folder has no file yet or lacks a feature's column.
    """

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        **_options: Any,
    ) -> RetrievalJob:
        """Return each entity row with every feature's latest value at or before its event_timestamp.

        Rows keep their order and columns; NULL where there is no value or only one past the view's ttl.
        Of log rows with one event_timestamp the one created last counts, and of those the one highest in the
        column that the source's tag ``sequence`` names. Naive moments are UTC.
        """
        if not isinstance(entity_df, pd.DataFrame) or _MOMENT not in entity_df.columns:
            raise ShopstreamError(f"the entities must be a DataFrame with a column {_MOMENT}")
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        wanted: dict[str, list[str]] = {}
        for ref in feature_refs:
            view_name, _, feature = ref.partition(":")
            wanted.setdefault(view_name, []).append(feature)
        moments = pd.to_datetime(entity_df[_MOMENT], utc=True)

        def run() -> pa.Table:
            result = pa.Table.from_pandas(entity_df.assign(**{_MOMENT: moments}), preserve_index=False)
            for view in feature_views:
                name = view.projection.name_to_use()
                values = _as_of(config, view, entity_df, moments, wanted[name])
                for feature in values.column_names:
                    label = f"{name}__{feature}" if full_feature_names else feature
                    result = result.append_column(label, values[feature])
            return result

        metadata = RetrievalMetadata(
            features=feature_refs,
            keys=[column for column in entity_df.columns if column != _MOMENT],
            min_event_timestamp=moments.min(),
            max_event_timestamp=moments.max(),
        )
        return LakeRetrievalJob(run, metadata, full_feature_names, on_demand)

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: FileSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Return each key's latest row of ``start_date`` to ``end_date``, both included; ties as above."""
        sequence = data_source.tags.get("sequence")
        times = [timestamp_field, *([created_timestamp_column] if created_timestamp_column else [])]
        order = [*times, *([sequence] if sequence else [])]
        newest = ", ".join(f'"{column}" DESC' for column in order)
        only = f"QUALIFY row_number() OVER (PARTITION BY {_quoted(join_key_columns)} ORDER BY {newest}) = 1"
        columns = [*join_key_columns, *feature_name_columns, *times]
        folder = _folder(config, data_source)
        return _between(folder, columns, timestamp_field, start_date, end_date, only, [sequence] if sequence else [])

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: FileSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Return all rows of ``start_date`` to ``end_date``, both included."""
        times = [timestamp_field, *([created_timestamp_column] if created_timestamp_column else [])]
        columns = [*join_key_columns, *feature_name_columns, *times]
        return _between(_folder(config, data_source), columns, timestamp_field, start_date, end_date)


def changes(
    config: RepoConfig,
    source: FileSource,
    key: str,
    entity: str,
    features: Sequence[str],
    start: datetime | None = None,
    end: datetime | None = None,
) -> pa.Table:
    """Return the rows of one entity from ``start`` to ``end``, both included, in order of time; ties as above.

    Columns: the moment, the features. Raises ShopstreamError as the store does.
    """
    moment, created, sequence = source.timestamp_field, source.created_timestamp_column, source.tags.get("sequence")
    ties = [column for column in (created, sequence) if column]
    newest = "ORDER BY " + ", ".join(f'"{column}" DESC' for column in ties) if ties else ""
    query = f"""
        SELECT {_quoted([moment, *features])} FROM log
        WHERE "{key}" = $entity
            AND ($first IS NULL OR "{moment}" >= $first) AND ($last IS NULL OR "{moment}" <= $last)
        QUALIFY row_number() OVER (PARTITION BY "{moment}" {newest}) = 1
        ORDER BY "{moment}"
    """  # noqa: S608 (the names are those of declared feature views)
    with _connect() as lake:
        _open_log(lake, _folder(config, source), [key, moment, *ties, *features])
        return lake.sql(query, params={"entity": entity, "first": start, "last": end}).to_arrow_table()


def _folder(config: RepoConfig, source: FileSource) -> str:
    if source.field_mapping:
        raise ShopstreamError(f"the source {source.name} has a field mapping, which this store does not know")
    root: str = config.offline_store.lake
    if "://" not in root:
        root = str((Path(config.repo_path or ".") / root).resolve())
    return f"{root}/{source.path}"


def _connect() -> duckdb.DuckDBPyConnection:
    lake = duckdb.connect()
    # Casts between TIMESTAMP and TIMESTAMPTZ go through the session's zone.
    lake.execute("SET TimeZone = 'UTC'")
    return lake


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _open_log(lake: duckdb.DuckDBPyConnection, folder: str, columns: Sequence[str]) -> None:
    """Make the view ``log`` with these columns, every timestamp aware."""
    try:
        log = lake.read_parquet(f"{folder}/**/part-*", hive_partitioning=True, union_by_name=True)
    except duckdb.IOException as error:
        raise ShopstreamError(
            f"the feature log {folder} has no files yet; let the feature job run, then try again"
        ) from error
    types = dict(zip(log.columns, map(str, log.types), strict=True))
    if missing := [column for column in columns if column not in types]:
        raise ShopstreamError(
            f"the feature log {folder} has no column {', '.join(missing)}; "
            "submit the current feature job and let it write the log anew"
        )
    aware = {column for column in columns if types[column].startswith("TIMESTAMP")}
    picked = ", ".join(f'"{c}"::TIMESTAMPTZ AS "{c}"' if c in aware else f'"{c}"' for c in columns)
    log.project(picked).create_view("log")


def _as_of(
    config: RepoConfig,
    view: FeatureView,
    entities: pd.DataFrame,
    moments: "pd.Series[pd.Timestamp]",
    features: list[str],
) -> pa.Table:
    """One row an entity row, in its order; only the features' columns."""
    source = view.batch_source
    keys = [column.name for column in view.entity_columns]
    moment, created = source.timestamp_field, source.created_timestamp_column
    asked = entities[keys].assign(__at=moments.dt.floor("us"), __row=range(len(entities)))
    ties = [column for column in (created, source.tags.get("sequence")) if column]
    newest = "ORDER BY " + ", ".join(f'"{column}" DESC' for column in ties) if ties else ""
    # A row older than the ttl counts as none.
    ttl = int(view.ttl.total_seconds() * 1e6) if view.ttl else 0
    fresh = f'newest."{moment}" >= __at - to_microseconds({ttl})' if ttl else "TRUE"
    values = ", ".join(f'CASE WHEN {fresh} THEN newest."{name}" END AS "{name}"' for name in features)
    same = " AND ".join(f'asked."{key}" = newest."{key}"' for key in keys)
    query = f"""
        WITH newest AS (
            FROM log
            QUALIFY row_number() OVER (PARTITION BY {_quoted([*keys, moment])} {newest}) = 1
        )
        SELECT {values}
        FROM asked ASOF LEFT JOIN newest ON {same} AND __at >= newest."{moment}"
        ORDER BY __row
    """  # noqa: S608 (the names are those of declared feature views)
    with _connect() as lake:
        _open_log(lake, _folder(config, source), [*keys, moment, *ties, *features])
        lake.register("asked", asked)
        return lake.sql(query).to_arrow_table()


def _between(
    folder: str,
    columns: list[str],
    moment: str,
    start: datetime | None,
    end: datetime | None,
    only: str = "",
    also_read: Sequence[str] = (),
) -> RetrievalJob:
    query = f"""
        SELECT {_quoted(columns)} FROM log
        WHERE ($first IS NULL OR "{moment}" >= $first) AND ($last IS NULL OR "{moment}" <= $last) {only}
    """  # noqa: S608 (the names are those of declared feature views)

    def run() -> pa.Table:
        with _connect() as lake:
            _open_log(lake, folder, [*columns, *also_read])
            return lake.sql(query, params={"first": start, "last": end}).to_arrow_table()

    return LakeRetrievalJob(run)
