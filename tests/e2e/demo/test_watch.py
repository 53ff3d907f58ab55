"""A real Prometheus on the demo: the alert rules and every query of the Grafana dashboards find what they ask for.

After the other tests of this folder, for it sends records that they do not count.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import yaml
from kafka import KafkaProducer

from deploy.stack.address import free_ports
from deploy.stack.settings import StackSettings
from tests.e2e.demo.conftest import ROOT

pytestmark = pytest.mark.timeout(600)

CONFIG = ROOT / "deploy" / "prometheus" / "prometheus.yml"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
WITHOUT_SAMPLES = {"Challenger beside champion"}
"""Panels of what a shop with one model has none of; their metrics exist all the same."""
Demo = tuple[StackSettings, dict[str, Any]]


@pytest.fixture(scope="module")
def prometheus(
    demo: Demo, flink_metrics_ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """Prometheus with the configuration as it is shipped, but for the targets and the clock."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load(CONFIG.read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(CONFIG.parent / name) for name in config["rule_files"]]
    targets = {"flink": [f"127.0.0.1:{port}" for port in flink_metrics_ports], "scorer": [demo[0].scorer]}
    for scraped in config["scrape_configs"]:
        scraped["static_configs"] = [{"targets": targets.pop(scraped["job_name"])}]
    assert targets == {}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            wait_until(lambda: ready(client), (folder / "prometheus.log").read_text)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(reached: Callable[[], bool], told: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, told()
        time.sleep(0.5)


def query(client: httpx.Client, expression: str) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", (expression, answer)
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result


def value(client: httpx.Client, expression: str) -> float | None:
    found = query(client, expression)
    return float(found[0]["value"][1]) if found else None


def panels() -> Iterator[tuple[str, str]]:
    """Title and query of every line on the dashboards."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield panel["title"], target["expr"].replace("$__rate_interval", "20s")


def test_each_part_is_asked_and_answers(prometheus: httpx.Client) -> None:
    wait_until(lambda: value(prometheus, "sum(up)") == 3, lambda: query(prometheus, "up"))


def test_every_record_is_accounted_for(demo: Demo, prometheus: httpx.Client) -> None:
    """At rest the two counts of the reconciliation are the same, and they are those of the demo's summary."""
    settings, summary = demo
    with KafkaProducer(bootstrap_servers=settings.kafka_bootstrap, acks="all") as producer:
        for raw in (b"{", b"[]"):
            producer.send("web_events", raw).get(30)
    wait_until(lambda: value(prometheus, "shopstream:dead_letters") == 2, lambda: query(prometheus, "up"))
    difference = "shopstream:records_read - shopstream:records_accounted_for"
    wait_until(lambda: value(prometheus, difference) == 0, lambda: query(prometheus, difference))
    read = value(prometheus, "shopstream:records_read")
    assert read is not None
    assert read >= summary["counts"]["read"] + 2


def test_every_line_of_the_dashboards_has_data(demo: Demo, prometheus: httpx.Client) -> None:
    settings, _ = demo

    def empty() -> list[tuple[str, str]]:
        """Ask for scores, collect an event and what is none, and look at what the lines show."""
        with httpx.Client(base_url=f"http://{settings.scorer}", timeout=10) as scorer:
            for user in ("nobody", "u-1"):
                scorer.post("/v1/score", json={"user_id": user}, headers={"X-API-Key": "local-development-key"})
            for message in ({"event": "click", "userId": "watched"}, {"event": 7}):
                scorer.post("/v1/track", json=message, auth=("local-write-key", ""))
        return [(title, line) for title, line in panels() if not query(prometheus, line)]

    def needless(lines: list[tuple[str, str]]) -> bool:
        return {title for title, _ in lines} <= WITHOUT_SAMPLES

    wait_until(lambda: needless(empty()), empty)
    known = prometheus.get("/api/v1/metadata").json()["data"]
    for name in ("shopstream_shadow_difference", "flink_jobmanager_job_numRestarts"):
        assert name in known


def test_no_alert_on_a_healthy_shop(prometheus: httpx.Client) -> None:
    groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    assert query(prometheus, 'ALERTS{alertstate="firing"}') == []


def test_the_queries_ask_for_nothing_that_is_not_there(prometheus: httpx.Client) -> None:
    """A misspelt metric in a rule would be quiet for ever."""
    rules = yaml.safe_load((CONFIG.parent / "rules.yml").read_text())
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    expressions += [line for _, line in panels()]
    names = set(prometheus.get("/api/v1/label/__name__/values").json()["data"])
    bases = names | set(prometheus.get("/api/v1/metadata").json()["data"])
    for expression in expressions:
        for word in words(expression):
            assert word in bases or word.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") in bases


def words(expression: str) -> set[str]:
    """The names of metrics in a query."""
    found = expression.replace("(", " ").replace(")", " ").replace("[", " ").replace("{", " ").split()
    return {word for word in found if word.startswith(("shopstream_", "shopstream:", "flink_"))}
