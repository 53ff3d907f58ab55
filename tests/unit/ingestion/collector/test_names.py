import pytest

from ingestion.collector.names import EVENT_TYPES, event_type_of
from ingestion.topics import EVENT_TOPICS


@pytest.mark.parametrize(
    "name,event_type",
    [
        ("Product Viewed", "product_view"),
        ("Product Added", "add_to_cart"),
        ("Product Removed", "remove_from_cart"),
        ("Checkout Started", "checkout"),
        ("Order Completed", "purchase"),
        ("Products Searched", "search"),
        ("Signed Up", "user_signup"),
        ("Signed In", "user_login"),
        ("productAdded", "add_to_cart"),
        ("product-added", "add_to_cart"),
        ("  ORDER  completed! ", "purchase"),
        ("add_to_cart", "add_to_cart"),
        ("Song Played", "song_played"),
        ("app.opened2Times", "app_opened2_times"),
        ("Größe Gewählt", "größe_gewählt"),
        ("商品", "商品"),
        ("__", ""),
        ("!?", ""),
    ],
)
def test_a_name_is_a_type_of_ours_or_itself_in_snake_case(name: str, event_type: str) -> None:
    assert event_type_of(name) == event_type


def test_a_type_of_ours_is_taken_as_it_is() -> None:
    for topic in EVENT_TOPICS:
        for event_type in topic.event_types:
            assert event_type_of(event_type) == event_type


def test_the_table_leads_to_types_that_have_a_topic() -> None:
    assert set(EVENT_TYPES.values()) <= {name for topic in EVENT_TOPICS for name in topic.event_types}
