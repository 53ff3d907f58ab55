"""Events from somewhere else than Kafka: the table that docs/sources.md gives, and what is wrong with one."""

import json
import re
from pathlib import Path

import pytest

from deploy.stack.settings import ROOT
from flink_jobs import sources
from flink_jobs.environment import table_environment
from flink_jobs.jars import job_jars
from flink_jobs.settings import JobSettings
from flink_jobs.statement import fill
from ingestion.errors import ShopstreamError


def written(name: str) -> str:
    """The statement of that name in the docs."""
    found = re.search(rf"^```sql {name}\n(.*?)^```", (ROOT / "docs/sources.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def event(event_id: str, time: str, **more: object) -> bytes:
    fields = {"event_id": event_id, "event_type": "page_view", "timestamp": f"2026-03-01T{time}Z", "user_id": "u"}
    return json.dumps(fields | more).encode()


def test_lines_of_files_are_events(tmp_path: Path) -> None:
    lines = [event("a", "10:00:00"), b"{", event("b", "10:20:00"), event("c", "10:05:00"), event("b", "10:20:00")]
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "day.jsonl").write_bytes(b"\n".join(lines))
    source = tmp_path / "records.sql"
    source.write_text(written("files").replace("/data/events", str(tmp_path / "events")))
    settings = JobSettings(source=source)
    t_env = table_environment(settings, "files", bounded=True)
    texts = sources.texts_of(["page_views"])
    sources.create_records(t_env, settings, texts)
    sources.create_event_views(t_env, texts)
    with t_env.execute_sql("SELECT event_id, is_late, is_duplicate FROM events").collect() as rows:
        found = [tuple(row) for row in rows]
    assert sorted(found) == [("a", False, False), ("b", False, False), ("b", False, True), ("c", True, False)]


def test_it_has_the_columns_of_kafka_s() -> None:
    """A column that is added there, and not here, would be missed by whoever copies this."""
    names = {}
    for name, text in (("kafka", JobSettings().source.read_text()), ("files", written("files"))):
        t_env = table_environment(JobSettings(), name, bounded=True)
        values = {"topics": "t", "bootstrap": "b", "group": "g", "silence": "5 s", "rules": "", "texts": ""}
        t_env.execute_sql(fill(text, **values).replace("-- key options: where the key is read", ""))
        with t_env.execute_sql("DESCRIBE records").collect() as rows:
            names[name] = [(row[0], row[1].replace(" NOT NULL", "")) for row in rows]
    kafka, files = (dict(names[name]) for name in ("kafka", "files"))
    assert list(kafka) == list(files)
    assert {name for name in kafka if kafka[name] != files[name]} <= {"topic"}


def test_what_is_wrong_with_a_source_is_said(tmp_path: Path) -> None:
    settings = JobSettings(source=tmp_path / "none.sql")
    t_env = table_environment(settings, "wrong", bounded=True)
    with pytest.raises(ShopstreamError, match=r"none\.sql cannot be read: No such file"):
        sources.create_records(t_env, settings)
    (tmp_path / "unknown.sql").write_text("CREATE TEMPORARY TABLE records (a INT) WITH ('x' = '${stream}')")
    with pytest.raises(ShopstreamError, match=r"names 'stream': what can be named"):
        sources.create_records(t_env, settings.model_copy(update={"source": tmp_path / "unknown.sql"}))
    with pytest.raises(ShopstreamError, match=r"none\.jar, which is not there"):
        job_jars(f"{tmp_path}/none.jar")
