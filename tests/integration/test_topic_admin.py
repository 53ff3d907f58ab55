import pytest
from kafka.admin import KafkaAdminClient

from ingestion import topic_admin
from ingestion.topics import TOPICS, Topic


def test_missing_topics_are_created_as_declared_and_only_once(kafka_bootstrap: str) -> None:
    topic_admin.apply(kafka_bootstrap)
    again = topic_admin.apply(kafka_bootstrap)
    assert [(state.topic, state.status) for state in again] == [(topic, "unchanged") for topic in TOPICS]
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    partitions = {found["name"]: len(found["partitions"]) for found in admin.describe_topics()}
    admin.close()
    assert {topic.name: partitions[topic.name] for topic in TOPICS} == {
        topic.name: topic.partitions for topic in TOPICS
    }


def test_a_topic_that_differs_is_reported_and_left_alone(kafka_bootstrap: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    configs = {"cleanup.policy": "delete", "retention.ms": "60000"}
    admin.create_topics({"odd": {"num_partitions": 2, "configs": configs}}, wait_for_metadata=True)
    admin.close()
    wanted = Topic("odd", 3, {"cleanup.policy": "compact"})
    new = Topic("new_one", 1)
    for status in ("created", "unchanged"):
        states = topic_admin.apply(kafka_bootstrap, topics=(wanted, new))
        assert [state.status for state in states] == ["differs", status]
        assert states[0].differences == (
            "partitions 2, not 3",
            "cleanup.policy delete, not compact",
            "retention.ms 60000, not the broker's default",
        )


def test_compare_creates_nothing(kafka_bootstrap: str) -> None:
    for _ in range(2):
        (state,) = topic_admin.compare(kafka_bootstrap, topics=(Topic("not_made", 1),))
        assert state.status == "missing"


@pytest.mark.parametrize("partitions", [0])
def test_what_kafka_refuses_is_one_sentence(kafka_bootstrap: str, partitions: int) -> None:
    with pytest.raises(topic_admin.ShopstreamError, match=f"Kafka at {kafka_bootstrap} refused"):
        topic_admin.apply(kafka_bootstrap, topics=(Topic("impossible", partitions),))
