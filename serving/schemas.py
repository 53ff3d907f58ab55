"""Bodies of the calls and of their answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_USERS = 1_000
MAX_NAME = 256

UserId = Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["user_12345"])]
ModelName = Annotated[
    str | None,
    Field(max_length=MAX_NAME, description="A served model; the default one when absent", examples=["purchase_24h"]),
]
UserIds = Annotated[list[UserId], Field(min_length=1, max_length=MAX_USERS, examples=[["user_1", "user_2"]])]
Features = Annotated[
    dict[str, int | float | datetime | None],
    Field(
        description="By name; timestamps in UTC; 0 or null where the store has no value",
        examples=[{"total_events_24h": 12, "revenue_24h": 29.99, "last_seen": "2026-11-01T10:00:00Z"}],
    ),
]
FeatureTimestamp = Annotated[
    datetime | None,
    Field(description="Largest event time the features include, UTC; null for an unknown user"),
]
FeatureAge = Annotated[
    float | None,
    Field(description="Seconds since feature_timestamp; negative when the producer's clock is ahead"),
]
ColdStart = Annotated[bool, Field(description="True for an unknown user: the features are defaults")]
Probability = Annotated[float, Field(ge=0, le=1, examples=[0.137])]
RequestId = Annotated[str, Field(description="The X-Request-ID of the call, or one made for it")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ScoreRequest(_Request):
    """One user to score."""

    user_id: UserId
    model: ModelName = None


class BatchScoreRequest(_Request):
    """Users to score together."""

    user_ids: UserIds
    model: ModelName = None
    include_features: Annotated[bool, Field(description="Also answer each user's features")] = False


class FeaturesRequest(_Request):
    """Users to look up."""

    user_ids: UserIds


class ModelVersionOut(BaseModel):
    """Which model answered."""

    name: Annotated[str, Field(examples=["purchase_24h"])]
    version: Annotated[str, Field(examples=["3"])]
    alias: Annotated[str, Field(examples=["champion"])]


class Timings(BaseModel):
    """Milliseconds spent by stage."""

    features: float
    predict: float
    total: float


class ScoreOut(BaseModel):
    """One user's score, with all that explains it."""

    user_id: UserId
    probability: Probability
    model: ModelVersionOut
    features: Features
    feature_timestamp: FeatureTimestamp
    feature_age_seconds: FeatureAge
    cold_start: ColdStart
    timings_ms: Timings
    request_id: RequestId


class BatchScore(BaseModel):
    """One user of a batch."""

    user_id: UserId
    probability: Probability
    feature_timestamp: FeatureTimestamp
    feature_age_seconds: FeatureAge
    cold_start: ColdStart
    features: Features | None = None


class BatchScoreOut(BaseModel):
    """Scores in the order of the request."""

    scores: list[BatchScore]
    model: ModelVersionOut
    timings_ms: Timings
    request_id: RequestId


class UserFeatures(BaseModel):
    """One user's online features."""

    user_id: UserId
    features: Features
    feature_timestamps: Annotated[
        dict[str, datetime], Field(description="Event time of each feature view that knows the user, UTC")
    ]
    feature_timestamp: FeatureTimestamp
    feature_age_seconds: FeatureAge
    cold_start: ColdStart


class FeaturesOut(BaseModel):
    """Features in the order of the request."""

    users: list[UserFeatures]
    request_id: RequestId


class ModelOut(BaseModel):
    """A model this scorer follows."""

    name: Annotated[str, Field(examples=["purchase_24h"])]
    serving: Annotated[ModelVersionOut | None, Field(description="Null when none serves yet")]
    problem: Annotated[
        str | None,
        Field(description="What keeps a version from serving, or the registry away; null if nothing"),
    ]


class ModelsOut(BaseModel):
    """What serves; the first is the default."""

    models: list[ModelOut]


class CollectedOut(BaseModel):
    """Kafka has the event."""

    success: Literal[True]
    messageId: Annotated[str, Field(description="The event's id: the message's own, or one made for it")]


class RefusedMessage(BaseModel):
    """A message of a batch that is no valid event; sent again it would be refused again."""

    index: Annotated[int, Field(ge=0, description="Its place in batch")]
    error_code: Annotated[str, Field(examples=["missing_field"])]
    detail: str


class BatchCollectedOut(BaseModel):
    """Kafka has every event that is not refused."""

    success: Literal[True]
    accepted: Annotated[int, Field(ge=0)]
    messageIds: Annotated[list[str | None], Field(description="By place in batch; null for a refused message")]
    refused: list[RefusedMessage]


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Check(BaseModel):
    """One thing a score needs."""

    ok: bool
    detail: str | None = None


class ReadyOut(BaseModel):
    """Scores can be answered; a check may still carry a detail worth knowing."""

    status: Literal["ready"] = "ready"
    checks: Annotated[dict[str, Check], Field(examples=[{"features": {"ok": True, "detail": None}}])]


class InvalidField(BaseModel):
    """One thing wrong with a request."""

    pointer: Annotated[str, Field(description="Where, from body, path, query or header", examples=["/body/user_id"])]
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details: the answer of every 4xx and 5xx."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(examples=["urn:shopstream:problem:features-unavailable"])]
    title: Annotated[str, Field(examples=["Service Unavailable"])]
    status: Annotated[int, Field(examples=[503])]
    detail: str
    request_id: str | None
    errors: Annotated[list[InvalidField] | None, Field(description="Only for 422")] = None
    checks: Annotated[dict[str, Check] | None, Field(description="Only for /readyz")] = None
    error_code: Annotated[str | None, Field(description="Only for a message that is no valid event")] = None
    refused: Annotated[list[RefusedMessage] | None, Field(description="Only for a batch without a valid event")] = None


class ShopMetricsOut(BaseModel):
    """Rows of a result, by time."""

    model_config = ConfigDict(populate_by_name=True)

    result: Annotated[str, Field(examples=["revenue"])]
    start: Annotated[datetime, Field(alias="from", description="First moment of the first row, UTC")]
    until: Annotated[datetime, Field(alias="to", description="First moment after the last row, UTC")]
    granularity: Annotated[str, Field(examples=["hour"])]
    columns: Annotated[list[str], Field(description="Names of the values of a row, in the order to show them in")]
    rows: Annotated[
        list[dict[str, int | float | bool | str | datetime | list[str] | None]],
        Field(examples=[[{"window_start": "2026-11-01T10:00:00Z", "currency": "USD", "total_revenue": 129.9}]]),
    ]
    truncated: Annotated[bool, Field(description="There are more rows than `limit`")]
    problems: Annotated[list[str], Field(description="What could not be read, so that something may be missing")]
    request_id: RequestId
