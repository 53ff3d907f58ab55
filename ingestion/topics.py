"""Kafka topics: their names, partitions and settings, and which event type goes where."""

from dataclasses import dataclass, field

_COMPACTED = {"cleanup.policy": "compact"}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``config`` holds only what differs from the broker's defaults."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)
    event_types: tuple[str, ...] = ()
    holds: str = ""
    """What is in it that is no event and no result."""


# The broker stamps the records: a producer's clock may be wrong, and a replay of old events would otherwise
# be deleted at once by the retention time.
_EVENTS = {"message.timestamp.type": "LogAppendTime"}

WEB_EVENTS = Topic("web_events", 6, _EVENTS, ("page_view", "click"))
TRANSACTION_EVENTS = Topic(
    "transaction_events", 3, _EVENTS, ("purchase", "add_to_cart", "remove_from_cart", "checkout")
)
USER_EVENTS = Topic("user_events", 3, _EVENTS, ("user_signup", "user_login", "identify"))
PRODUCT_EVENTS = Topic("product_events", 6, _EVENTS, ("product_view",))
SEARCH_EVENTS = Topic("search_events", 3, _EVENTS, ("search",))
ERROR_EVENTS = Topic("error_events", 1, _EVENTS, ("error",))
GENERAL_EVENTS = Topic("general_events", 3, _EVENTS)

EVENT_TOPICS = (
    WEB_EVENTS,
    TRANSACTION_EVENTS,
    USER_EVENTS,
    PRODUCT_EVENTS,
    SEARCH_EVENTS,
    ERROR_EVENTS,
    GENERAL_EVENTS,
)
"""Topics that hold events; ``GENERAL_EVENTS`` takes every type that no other topic names."""

DEAD_LETTER_EVENTS = Topic("dead_letter_events", 3, holds="records that are no valid events, with the reason")

DEAD_LETTER_REPLAYS = Topic(
    "dead_letter_replays",
    1,
    _COMPACTED,
    holds="what `shopstream dead-letters replay` has sent again, keyed by the rejected record",
)

PAGE_VIEWS = Topic("page_views", 3, _COMPACTED)
REVENUE = Topic("revenue", 3, _COMPACTED)
USER_ACTIVITY = Topic("user_activity", 3, _COMPACTED)
FUNNEL_STAGES = Topic("funnel_stages", 3, _COMPACTED)
FUNNEL_CONVERSIONS = Topic("funnel_conversions", 3, _COMPACTED)
ANOMALIES = Topic("anomalies", 3, _COMPACTED)
USER_FEATURES = Topic("user_features", 3, _COMPACTED)
PRODUCT_FEATURES = Topic("product_features", 3, _COMPACTED)
SCORED_USERS = Topic("scored_users", 3, holds="scores, each with the features that it was made from")

# A job that is stopped for long must still learn of a removal: ten years, not a day.
ALERT_RULES = Topic(
    "alert_rules",
    1,
    {**_COMPACTED, "delete.retention.ms": "315360000000"},
    holds="what `shopstream alerts set` has set, keyed by kind and event type, read by the running job",
)

RESULT_TOPICS = (
    PAGE_VIEWS,
    REVENUE,
    USER_ACTIVITY,
    FUNNEL_STAGES,
    FUNNEL_CONVERSIONS,
    ANOMALIES,
    USER_FEATURES,
    PRODUCT_FEATURES,
)
"""Upserts of the jobs: JSON, keyed by grain, compacted."""

TOPICS = (*EVENT_TOPICS, DEAD_LETTER_EVENTS, DEAD_LETTER_REPLAYS, ALERT_RULES, *RESULT_TOPICS, SCORED_USERS)

_BY_EVENT_TYPE = {event_type: topic for topic in EVENT_TOPICS for event_type in topic.event_types}


def topic_of(event_type: str) -> Topic:
    """Return the topic that holds events of this type."""
    return _BY_EVENT_TYPE.get(event_type, GENERAL_EVENTS)
