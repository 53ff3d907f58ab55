"""What the online store answers: rows as they were read, a Feast message only for whoever asks for one."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from feast import ValueType
from feast.online_response import OnlineResponse
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus, GetOnlineFeaturesResponse
from feast.protos.feast.types.Value_pb2 import Value as ValueProto
from google.protobuf.timestamp_pb2 import Timestamp

from flink_jobs.features.feast_encoding import TAGS

Found = Sequence[bytes | None]
"""The fields of one hash as ``OnlineRequest.fields`` names them; None where the hash has none."""

FeatureValue = int | float | datetime | None

_INT64, _DOUBLE, _TIMESTAMP = (TAGS[name][0] for name in ("int64", "double", "timestamp"))


@dataclass(frozen=True, slots=True)
class OnlineRequest:
    """What is read of each entity: the event times of the views, then the features, in this order."""

    join_key: str
    key: Callable[[str], bytes]
    """Gives the Redis key of an entity."""

    views: tuple[str, ...]
    features: tuple[str, ...]
    view_of: tuple[int, ...]
    """Of each feature the place of its view in ``views``."""

    types: tuple[ValueType, ...]
    fields: tuple[bytes, ...]
    """Names in the Redis hash, of the event times first."""


class OnlineRows(OnlineResponse):  # type: ignore[misc]  # Feast has no types
    """An answer of ``get_online_features``; everything that Feast's own answer can do, and ``values`` and ``times``.

    To build Feast's message costs more than the round trip to the store, so it is built when it is first asked for.
    """

    def __init__(self, request: OnlineRequest, entity_ids: Sequence[str], found: Sequence[Found]) -> None:
        """``found`` has one element an entity, in their order."""
        self._request = request
        self._ids = entity_ids
        self._found = found
        # As OnlineResponse, whose own __init__ would take the message.
        self._feature_types = dict(zip(request.features, request.types, strict=True))

    def values(self) -> list[dict[str, FeatureValue]]:
        """Return the features of each entity by name, without those it does not have; timestamps in UTC."""
        first, names = len(self._request.views), self._request.features
        return [
            {name: decoded(value) for name, value in zip(names, row[first:], strict=True) if value}
            for row in self._found
        ]

    def times(self) -> list[dict[str, datetime]]:
        """Return the event time, in UTC to the microsecond, of each view that has a row for the entity."""
        views = self._request.views
        return [{view: _time(stamp) for view, stamp in zip(views, row, strict=False) if stamp} for row in self._found]

    @cached_property
    def proto(self) -> GetOnlineFeaturesResponse:
        """Feast's message: the entity, then the features; like Feast's own store it calls every value PRESENT."""
        request = self._request
        count, first = len(self._ids), len(request.views)
        present = [FieldStatus.PRESENT] * count
        answer = GetOnlineFeaturesResponse()
        answer.metadata.feature_names.val.extend([request.join_key, *request.features])
        answer.results.add(
            values=[ValueProto(string_val=entity) for entity in self._ids],
            statuses=present,
            event_timestamps=[Timestamp()] * count,
        )
        times = [[Timestamp.FromString(row[view] or b"") for row in self._found] for view in range(first)]
        for place, view in enumerate(request.view_of):
            answer.results.add(
                values=[ValueProto.FromString(row[first + place] or b"") for row in self._found],
                statuses=present,
                event_timestamps=times[view],
            )
        return answer


@lru_cache(maxsize=65_536)
def decoded(value: bytes) -> FeatureValue:
    """Return the number or moment in a ``ValueProto``; most users share most values, so each is decoded once.

    The types are those that features have; ValueError for another.
    """
    tag = value[0]
    if tag == _DOUBLE:
        found: float = struct.unpack("<d", value[1:])[0]
        return found
    if tag not in (_INT64, _TIMESTAMP):
        raise ValueError(f"The online store holds a value of a type that no feature has (protobuf tag {tag}).")
    number = shift = 0
    for byte in value[1:]:
        number |= (byte & 0x7F) << shift
        shift += 7
    number -= (number >> 63) << 64
    return datetime.fromtimestamp(number, UTC) if tag == _TIMESTAMP else number


@lru_cache(maxsize=1024)  # The views of an entity are written together and share theirs.
def _time(stamp: bytes) -> datetime:
    found: datetime = Timestamp.FromString(stamp).ToDatetime(tzinfo=UTC)
    return found
