"""Every command in the README and the docs: run here on the demo, or by the test that is named for it.

The last tests of this folder: they stop and restore the job.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.stack.settings import StackSettings
from flink_jobs.cluster import Cluster
from tests.e2e.demo.conftest import ROOT

pytestmark = pytest.mark.timeout(600)
Demo = tuple[StackSettings, dict[str, Any]]

PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]

ELSEWHERE = {
    "make demo": "tests/e2e/demo/conftest.py::demo",
    "make test": ".ci/run",
    "make check": ".ci/run",
    "make setup": "tests/unit/deploy/test_setup.py::test_first_run_makes_all_in_order",
    "make format": "tests/unit/deploy/test_setup.py::test_make_formats_and_runs_the_quick_tests",
    "make test-unit": "tests/unit/deploy/test_setup.py::test_make_formats_and_runs_the_quick_tests",
    "make package": "tests/integration/test_package.py::packed",
    "git pull": "tests/unit/deploy/test_setup.py::test_changed_pins_are_synced_into_the_same_environment",
    "shopstream up": "tests/integration/test_stack.py::test_everything_but_the_scorer_works_and_ends",
    "shopstream replay ecom": "tests/integration/test_replay.py::test_the_whole_clickstream_arrives",
    "shopstream replay shop.jsonl.gz": "tests/integration/test_simulate.py::"
    "test_a_file_replayed_raw_is_the_same_as_the_simulation",
    "shopstream simulate": "tests/integration/test_simulate.py::test_live_traffic_is_in_kafka_as_the_truth_says",
    "shopstream jobs submit --all": "tests/integration/test_package.py::test_the_commands_reach_a_remote_cluster",
    "shopstream jobs submit --job": "tests/unit/flink_jobs/test_targets.py::test_a_dry_run_prints_and_applies_nothing",
    "shopstream train": "tests/integration/test_training.py::report",
    "shopstream features backfill": "tests/integration/test_backfill.py::test_days_are_rebuilt_in_place",
    "shopstream dead-letters": "tests/integration/test_dead_letters.py::test_choosing_showing_and_mending",
    "SHOPSTREAM_SOURCE=": "tests/jobs/test_sources.py::test_lines_of_files_are_events",
    "sed -i": "tests/integration/test_dead_letters.py::test_from_poison_to_a_counted_event",
    "export SHOPSTREAM_HIGH_AVAILABILITY": "tests/chaos/shop.py::running_shop",
    "export FLINK_HOME": "tests/e2e/demo/test_written_commands.py::test_flink_run_by_hand",
    "export FLINK_CONF_DIR": "tests/e2e/demo/test_written_commands.py::test_flink_run_by_hand",
    'bash "$FLINK_HOME/bin/flink" run': "tests/e2e/demo/test_written_commands.py::test_flink_run_by_hand",
    "cp deploy/compose/.env.example": "tests/integration/test_deployment.py::test_compose_has_no_password_of_its_own",
    "SAVEPOINT=": "tests/integration/test_package.py::test_compose_submits_the_job",
    "docker": "tests/integration/test_deployment.py::test_dockerfiles_follow_the_rules",
    "kubectl": "tests/integration/test_deployment.py::test_overlays_render_to_what_kubernetes_knows",
}
"""The first words of a command, and the test that does what it does; docker and kubectl have nothing to run on."""

NOTHING_TO_DO = {
    "shopstream models compare": "has no challenger",
    "shopstream models promote": "has no challenger",
}
"""Commands that the demo, whose first model is champion, has nothing for; what they say of it."""


def commands() -> Iterator[tuple[str, str]]:
    """Page and command, continued lines joined, comments left out."""
    for page in PAGES:
        text = (ROOT / page).read_text()
        for language, block in re.findall(r"^```(.*?)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            if language not in ("", "sh"):
                continue
            joined = re.sub(r"\\\n\s*", " ", block)
            # A JSON body in quotes goes over several lines, and an answer may follow it.
            joined = re.sub(r"'\{[^']*\}'", lambda body: body[0].replace("\n", " "), joined)
            for line in joined.splitlines():
                plain = re.sub(r"\s+# .*$", "", line).strip()
                if plain and not plain.startswith(('{"', '"')):
                    yield page, plain


def elsewhere(command: str) -> str | None:
    found = [test for words, test in ELSEWHERE.items() if command.startswith(words)]
    return max(found, key=len) if found else None


HERE = list({command: page for page, command in reversed(list(commands())) if elsewhere(command) is None}.items())[::-1]


def test_the_tests_that_are_named_are_there() -> None:
    used = set()
    for _, command in commands():
        test = elsewhere(command)
        if test:
            used |= {words for words in ELSEWHERE if command.startswith(words)}
            path, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).is_file(), (command, test)
    assert used == set(ELSEWHERE)
    assert len(HERE) > 20


@pytest.mark.parametrize(("command", "page"), HERE, ids=[f"{page}: {command[:60]}" for command, page in HERE])
def test_it_does_what_it_says(command: str, page: str, demo: Demo, tmp_path: Path) -> None:
    settings, _ = demo
    if command.startswith("shopstream "):
        command = f"{shlex.quote(sys.executable)} -m deploy.cli{command.removeprefix('shopstream')}"
    assert command.startswith(("curl ", shlex.quote(sys.executable))), f"{page}: nobody runs {command}"
    done = subprocess.run(
        ["bash", "-c", command.replace("127.0.0.1:18000", settings.scorer).replace("curl ", "curl --fail-with-body ")],
        env={**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        cwd=ROOT if "features" in command else tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    for words, reason in NOTHING_TO_DO.items():
        if words.removeprefix("shopstream ") in command:
            assert done.returncode == 1
            assert re.search(reason, done.stderr), done.stderr
            return
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.strip() or done.stderr.strip()


def test_flink_run_by_hand(demo: Demo) -> None:
    """The lines belong together: they are one shell's."""
    settings, _ = demo
    cluster = Cluster(settings.flink_rest)
    for job in cluster.live_jobs():
        cluster.stop(job, settings.home)
    (block,) = re.findall(
        r"^```\n(export FLINK_HOME.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    commands = block.replace("127.0.0.1:18081", settings.flink_rest).replace("$PWD/.shopstream", str(settings.home))
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        env={
            **os.environ,
            **settings.environment(),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Job has been submitted" in done.stdout, done.stdout + done.stderr
    (submitted,) = cluster.live_jobs()
    assert submitted.name == "shopstream-page_views-revenue"
    cluster.wait_until_running(submitted.id, 180)
    assert cluster.failures(submitted.id) == []
