"""Vectors made by another recount (tests/jobs/user_features.sql) agree; what is planted in them is found."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from feature_repo.consistency import comparison, served
from feature_repo.consistency.cli import main
from feature_repo.consistency.comparison import ConsistencyReport
from feature_repo.consistency.served import Served
from flink_jobs.features.schema import USER_FEATURES
from ingestion.errors import ShopstreamError
from ingestion.topic_reader import TopicReader
from tests.event_lake import lake_event, write_lake
from tests.jobs.test_user_features import recount, shop_events

NAMES = [feature.name for feature in USER_FEATURES]
TIMES = {feature.name for feature in USER_FEATURES if feature.type == "timestamp"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consistency")
    write_lake(folder / "events", [lake_event(event) for event in EVENTS])
    return folder


EVENTS = shop_events(seed=31, users=25, count=2500)


def vectors(probes: list[tuple[str, datetime]]) -> list[Served]:
    """What the scorer would have served of the rows as of these moments, a minute later."""
    _, rows = recount(EVENTS, probes)
    made = []
    for (user, moment), (_, *values) in zip(probes, rows, strict=True):
        features: dict[str, Any] = dict(zip(NAMES, map(float, values), strict=True))
        for name in TIMES:
            features[name] = datetime.fromtimestamp(features[name] / 1e6, UTC).isoformat().replace("+00:00", "Z")
        made.append(Served(user, moment + timedelta(minutes=1), moment, features))
    return made


def at_events(count: int) -> list[tuple[str, datetime]]:
    chosen = random.Random(5).sample(EVENTS, count)
    return [(event["user_id"], datetime.fromisoformat(event["timestamp"])) for event in chosen]


def compare(lake: Path, vectors: list[Served]) -> ConsistencyReport:
    return comparison.compare(vectors, str(lake / "events"), str(lake / "user_features"))


def test_what_another_recount_gives_has_no_mismatch(lake: Path) -> None:
    rng = random.Random(6)
    decayed = [(user, moment + timedelta(seconds=rng.uniform(0, 90_000))) for user, moment in at_events(500)]
    report = compare(lake, vectors(at_events(500) + decayed))
    assert report.compared + report.uncertain == report.served == 1000
    assert report.compared > 950
    assert report.mismatch_rate == report.missing_rate == 0
    assert [one.example for one in report.features] == [None] * len(NAMES)
    assert all(one.compared == report.compared for one in report.features)


def test_a_wrong_feature_is_found(lake: Path) -> None:
    made = vectors(at_events(200))
    wrong = [
        replace(
            one, features={**one.features, "revenue_24h": one.features["revenue_24h"] + (0.01 if n % 10 == 0 else 0)}
        )
        for n, one in enumerate(made)
    ]
    report = compare(lake, wrong)
    by_name = {one.feature: one for one in report.features}
    found = by_name.pop("revenue_24h")
    assert found.mismatches == 20
    assert found.mismatch_rate == report.mismatch_rate == pytest.approx(0.1)
    assert found.largest_difference == pytest.approx(0.01)
    assert found.example
    assert found.example["served"] - found.example["recounted"] == pytest.approx(0.01)
    assert not any(one.mismatches for one in by_name.values())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("last_seen", lambda value: (datetime.fromisoformat(value) + timedelta(seconds=1)).isoformat()),
        ("total_events_24h", lambda value: value + 1),
        ("session_seconds", lambda value: value + 1e-3),
        ("avg_order_value_24h", lambda value: value + 1e-6),
        ("unique_pages_24h", lambda value: value - 1),
    ],
)
def test_each_kind_of_feature_is_compared(lake: Path, name: str, change: Callable[[Any], Any]) -> None:
    made = vectors(at_events(20))
    wrong = [replace(one, features={**one.features, name: change(one.features[name])}) for one in made]
    found = {one.feature: one.mismatches for one in compare(lake, wrong).features if one.mismatches}
    assert list(found) == [name]
    assert found[name] > 15


def test_a_value_that_is_not_there_is_missing(lake: Path) -> None:
    made = vectors(at_events(20))
    made[0] = replace(made[0], features={**made[0].features, "first_seen": None})
    last = max(datetime.fromisoformat(event["timestamp"]) for event in EVENTS) + timedelta(hours=1)
    made.append(Served("user_3", last, None, {}))
    made.append(Served("nobody", last, None, {}))
    report = compare(lake, made)
    missing = {one.feature: one.missing for one in report.features}
    assert missing.pop("first_seen") == 2
    assert set(missing.values()) == {1}
    assert report.mismatch_rate == 0
    assert 0.04 < report.missing_rate < 0.11


def test_what_nobody_can_tell_is_left_out(tmp_path: Path) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def event(name: str, seconds: float, **more: Any) -> dict[str, Any]:
        moment = start + timedelta(seconds=seconds)
        return {"event_id": name, "timestamp": moment, "event_type": "click", "user_id": "u", **more}

    late = start + timedelta(seconds=100)
    write_lake(tmp_path / "events", [event("a", 0), event("b", 50), event("late", 20, kafka_time=late)])
    features: dict[str, Any] = dict.fromkeys(NAMES, 0.0) | {
        "first_seen": start.isoformat(),
        "last_seen": (start + timedelta(seconds=50)).isoformat(),
        "total_events_24h": 2.0,
        "events_1h": 2.0,
    }

    def answer(seconds: float, events: float = 2.0) -> Served:
        values = {**features, "total_events_24h": events, "events_1h": events}
        return Served("u", start + timedelta(seconds=seconds), start + timedelta(seconds=50), values)

    # Before the late event came, within a minute of it, and after that.
    report = compare(tmp_path, [answer(99), answer(101), answer(159, 3), answer(161, 3)])
    assert (report.compared, report.uncertain, report.mismatch_rate) == (2, 2, 0)
    assert compare(tmp_path, [answer(99, 3), answer(161, 2)]).mismatch_rate == 1
    # A file that is not closed yet.
    unknown = replace(answer(99), user_id="open")
    assert compare(tmp_path, [unknown]).not_in_lake == 1
    # A user with more pages than are counted.
    log = tmp_path / "user_features" / "day=2026-03-01"
    log.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT 'u' AS user_id, TIMESTAMP '2026-03-01 12:00:50' AS event_timestamp, TRUE AS is_capped)"
            f" TO '{log}/part-0' (FORMAT parquet)"
        )
    assert compare(tmp_path, [answer(161, 1)]).capped == 1


def test_events_before_the_first_watermark_are_compared(tmp_path: Path) -> None:
    untimed = [{**lake_event(event), "stream_time": None, "in_backlog": True} for event in EVENTS]
    write_lake(tmp_path / "events", untimed)
    report = compare(tmp_path, vectors(at_events(100)))
    assert (report.compared, report.uncertain, report.mismatch_rate) == (100, 0, 0)


def test_a_sample_has_the_same_users_in_every_run() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    made = [Served(f"u{number % 50}", moment, moment, {}) for number in range(200)]
    chosen = served.sample(made, 10)
    assert len(chosen) == 40
    assert {one.user_id for one in served.sample(list(reversed(made)), 10)} == {one.user_id for one in chosen}
    assert served.sample(made, 1000) == made


def run(monkeypatch: pytest.MonkeyPatch, lake: Path, made: list[Served], *arguments: str) -> Any:
    monkeypatch.setattr(served, "read", lambda *_: made)
    return CliRunner().invoke(main, arguments, env={"SHOPSTREAM_LAKE": str(lake)})


def test_the_command_says_yes_or_no(monkeypatch: pytest.MonkeyPatch, lake: Path) -> None:
    made = vectors(at_events(50))
    result = run(monkeypatch, lake, made, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["compared"], report["mismatch_rate"], report["missing_rate"]) == (50, 0, 0)
    assert [one["feature"] for one in report["features"]] == NAMES

    wrong = [replace(one, features={**one.features, "events_1h": -1.0}) for one in made[:5]] + made[5:]
    result = run(monkeypatch, lake, wrong)
    assert result.exit_code == 1
    assert '"served": -1.0' in result.stdout
    assert run(monkeypatch, lake, wrong, "--max-mismatch", "0.1").exit_code == 0
    gone = [replace(made[0], features={**made[0].features, "events_1h": None}), *made[1:]]
    assert run(monkeypatch, lake, gone).exit_code == 1
    assert run(monkeypatch, lake, gone, "--max-missing", "0.02").exit_code == 0


def test_nothing_served_or_nothing_to_compare_is_no_proof(monkeypatch: pytest.MonkeyPatch, lake: Path) -> None:
    for made, words in (
        ([], "Nothing was served yet"),
        ([Served("x", datetime.now(UTC), datetime.now(UTC), {})], "could be compared"),
    ):
        result = run(monkeypatch, lake, made)
        assert isinstance(result.exception, ShopstreamError)
        assert words in str(result.exception)


def test_a_record_of_the_scorer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    record = {
        "user_id": "u",
        "scored_at": "2026-03-01T12:00:01.5Z",
        "feature_timestamp": "2026-03-01T12:00:00.123456Z",
        "features": {"events_1h": 1},
        "model": "purchase_24h",
        "model_version": "3",
        "probability": 0.25,
    }
    values = [json.dumps(record), json.dumps({**record, "feature_timestamp": None})]

    class Record:
        def __init__(self, value: str) -> None:
            self.value = value.encode()

    monkeypatch.setattr(TopicReader, "records", lambda *_, **__: map(Record, values))
    known, unknown = served.read(TopicReader("nowhere:1"))
    assert known.as_of == datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
    assert (known.model, known.model_version, known.probability) == ("purchase_24h", "3", 0.25)
    assert (unknown.as_of, unknown.features, unknown.scored_at.second) == (None, {"events_1h": 1}, 1)
