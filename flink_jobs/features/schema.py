"""User features: names, types and units, declared once for the Flink job, Feast, training and the scorer."""

from dataclasses import dataclass
from typing import Literal

FeatureType = Literal["int64", "double", "timestamp"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a feature row; timestamps are UTC."""

    name: str
    type: FeatureType
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Features that are looked up together: one Feast feature view."""

    name: str
    description: str
    features: tuple[Feature, ...]


USER_24H = FeatureGroup(
    "user_24h",
    "What a user did in the last 24 hour-tiles (the hour under way and the 23 before it)",
    (
        Feature("total_events_24h", "int64", "events", "Events of any type"),
        Feature("sessions_24h", "int64", "sessions", "Distinct session ids"),
        Feature("unique_pages_24h", "int64", "pages", "Distinct pages viewed"),
        Feature("purchases_24h", "int64", "purchases", "Purchases"),
        Feature("cart_additions_24h", "int64", "additions", "Add-to-cart events"),
        Feature("revenue_24h", "double", "currency", "Sum of purchase totals"),
        Feature("avg_order_value_24h", "double", "currency", "Revenue per purchase; 0 without a purchase"),
        Feature("conversion_rate_24h", "double", "percent", "Purchases per session x 100; 0 without a session"),
        Feature("first_seen", "timestamp", "UTC", "Time of the user's first event ever, in whole seconds"),
        Feature("last_seen", "timestamp", "UTC", "Time of the user's latest event, in whole seconds"),
    ),
)
USER_1H = FeatureGroup(
    "user_1h",
    "What a user did in the last twelve 5-minute tiles (the one under way and the 11 before it)",
    (
        Feature("events_1h", "int64", "events", "Events of any type"),
        Feature("product_views_1h", "int64", "views", "Product views"),
        Feature("cart_additions_1h", "int64", "additions", "Add-to-cart events"),
        Feature("purchases_1h", "int64", "purchases", "Purchases"),
    ),
)
USER_SESSION = FeatureGroup(
    "user_session",
    "The user's current session; zeros once it has been silent for 30 minutes",
    (
        Feature("session_events", "int64", "events", "Events of the current session"),
        Feature("session_seconds", "double", "seconds", "First to latest event of the current session"),
        Feature("session_cart_value", "double", "currency", "Value put in the cart since the last purchase"),
    ),
)

USER_FEATURE_GROUPS = (USER_24H, USER_1H, USER_SESSION)
USER_FEATURES = tuple(feature for group in USER_FEATURE_GROUPS for feature in group.features)
