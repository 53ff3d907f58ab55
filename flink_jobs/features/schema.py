"""Features of users and products: names, types and units, declared once for all that write or read them."""

from dataclasses import dataclass
from functools import cached_property
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
    """Features that are looked up together: one Feast feature view. ``window`` is the time they are of."""

    name: str
    window: Literal["24h", "1h", "session"]
    description: str
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class FeatureSet:
    """All features of one kind of entity: the columns of its rows, in their order.

    ``flags`` are boolean columns that say something of the row; they are in its topic and log, and are no features.
    """

    entity: str
    groups: tuple[FeatureGroup, ...]
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name of the column that says whose features they are: a string."""
        return f"{self.entity}_id"

    @property
    def name(self) -> str:
        """Name of its topic, and of its log in the lake."""
        return f"{self.entity}_features"

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features of all groups."""
        return tuple(feature for group in self.groups for feature in group.features)


USER_24H = FeatureGroup(
    "user_24h",
    "24h",
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
    "1h",
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
    "session",
    "The user's current session; zeros once it has been silent for 30 minutes",
    (
        Feature("session_events", "int64", "events", "Events of the current session"),
        Feature("session_seconds", "double", "seconds", "First to latest event of the current session"),
        Feature("session_cart_value", "double", "currency", "Value put in the cart since the last purchase"),
    ),
)
PRODUCT_24H = FeatureGroup(
    "product_24h",
    "24h",
    "What was done with a product in the last 24 hour-tiles (the hour under way and the 23 before it)",
    (
        Feature("views_24h", "int64", "views", "Product views"),
        Feature("carts_24h", "int64", "additions", "Add-to-cart events, whatever their quantity"),
        Feature("product_purchases_24h", "int64", "purchases", "Purchases that contain the product"),
        Feature("units_sold_24h", "double", "units", "Sum of the quantities bought"),
        Feature("product_revenue_24h", "double", "currency", "Sum of quantity x price of what was bought"),
        Feature("view_to_purchase_rate_24h", "double", "purchases per view", "Purchases per view; 0 without a view"),
    ),
)
PRODUCT_1H = FeatureGroup(
    "product_1h",
    "1h",
    "What was done with a product in the last twelve 5-minute tiles (the one under way and the 11 before it)",
    (
        Feature("views_1h", "int64", "views", "Product views"),
        Feature("carts_1h", "int64", "additions", "Add-to-cart events, whatever their quantity"),
        Feature("product_purchases_1h", "int64", "purchases", "Purchases that contain the product"),
        Feature("units_sold_1h", "double", "units", "Sum of the quantities bought"),
        Feature("product_revenue_1h", "double", "currency", "Sum of quantity x price of what was bought"),
        Feature("view_to_purchase_rate_1h", "double", "purchases per view", "Purchases per view; 0 without a view"),
    ),
)

USER = FeatureSet("user", (USER_24H, USER_1H, USER_SESSION), flags=("is_capped",))
PRODUCT = FeatureSet("product", (PRODUCT_24H, PRODUCT_1H))
FEATURE_SETS = (USER, PRODUCT)

USER_FEATURE_GROUPS, USER_FEATURES = USER.groups, USER.features
PRODUCT_FEATURE_GROUPS, PRODUCT_FEATURES = PRODUCT.groups, PRODUCT.features
