"""The archive of the jobs alone, on a cluster that has none of our code: as its README says, from a plain shell."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from deploy.stack.flink_conf import cluster_options, flink_environment, flink_home, write_flink_conf
from deploy.stack.part import http_body
from deploy.stack.settings import ROOT, StackSettings
from feature_repo.lookups import online
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.cluster import Cluster
from ingestion import topic_admin
from ingestion.topic_reader import TopicReader
from ingestion.topics import TOPICS
from tests.exactness.system import wait_until

pytestmark = pytest.mark.timeout(600)
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text())["services"]
OF_A_MACHINE = re.compile(r".*(address|host|\.port|\.dir|-dir|tmpdir|storageDir|quorum)|env\.java\.opts\.all")
"""Options of Flink that say where something is."""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` packs."""
    folder = tmp_path_factory.mktemp("package")
    done = subprocess.run(
        ["bash", str(ROOT / "deploy" / "package" / "package.sh")],
        env={**os.environ, "SHOPSTREAM_PACKAGE_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("shopstream-jobs-*.tar.gz")
    return found


@pytest.fixture(scope="module")
def archive(packed: Path) -> Path:
    """Its folder, unpacked."""
    subprocess.run(["tar", "-xzf", packed, "-C", packed.parent], check=True)
    return packed.parent / packed.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def bare_python() -> str:
    """A Python without our packages."""
    found = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    assert subprocess.run([found, "-c", "import pyflink"], capture_output=True, check=False).returncode
    return str(found)


@pytest.fixture(scope="module")
def foreign_cluster(tmp_path_factory: pytest.TempPathFactory, bare_python: str) -> Iterator[dict[str, str]]:
    """ZooKeeper, a JobManager and a TaskManager that Flink's own scripts start, with what compose gives them.

    Gives the variables of a shell beside them.
    """
    settings = StackSettings.on_free_ports(tmp_path_factory.mktemp("foreign"), high_availability=True)
    write_flink_conf(settings)
    composed = yaml.safe_load(COMPOSE["jobmanager"]["environment"]["FLINK_PROPERTIES"])
    ours = {name: value for name, value in cluster_options(settings).items() if OF_A_MACHINE.fullmatch(name)}
    options = {name: value for name, value in composed.items() if not name.startswith("metrics.")} | ours
    (settings.flink_conf / "config.yaml").write_text(yaml.safe_dump(options))
    zookeeper = (ROOT / "deploy" / "compose" / "zoo.cfg").read_text()
    port = settings.address("zookeeper").port
    for there, here in (
        ("/var/lib/shopstream", str(settings.home)),
        ("Port=2181", f"Port={port}\nclientPortAddress=127.0.0.1"),
    ):
        assert there in zookeeper
        zookeeper = zookeeper.replace(there, here)
    (settings.flink_conf / "zoo.cfg").write_text(zookeeper)
    commands = settings.home / "bin"
    commands.mkdir()
    (commands / "flink").write_text(f'#!/bin/sh\nexec bash {flink_home()}/bin/flink "$@"\n')
    (commands / "flink").chmod(0o755)
    plain = {name: os.environ[name] for name in ("HOME", "LANG", "JAVA_HOME") if name in os.environ}
    environment = {
        **plain,
        **flink_environment(settings),
        "PATH": f"{commands}:{os.environ['PATH']}",
        "FLINK_PID_DIR": str(settings.home),
        "SHOPSTREAM_PYTHON": bare_python,
        "REST": settings.flink_rest,
    }
    settings.logs.mkdir()
    started = []
    try:
        for script, *words in (COMPOSE["zookeeper"]["command"], ["jobmanager.sh"], ["taskmanager.sh"]):
            with (settings.logs / f"{script}.log").open("wb") as log:
                command = ["bash", str(flink_home() / "bin" / script), *(words or ["start-foreground"])]
                started.append(
                    subprocess.Popen(
                        command, env=environment, cwd=settings.home, stdout=log, stderr=log, start_new_session=True
                    )
                )
        address = settings.address("flink_rest")
        wait_until(lambda: b'"slots-available":2' in (http_body(address, "/overview") or b""), "two slots", 120)
        yield environment
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def shell_commands(readme: Path) -> str:
    """The first block of commands of a page."""
    found = re.search(r"^```\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_archive_alone_runs_the_jobs(
    archive: Path, foreign_cluster: dict[str, str], kafka_bootstrap: str, valkey_address: str, tmp_path: Path
) -> None:
    commands = (
        shell_commands(archive / "README.md")
        .replace("127.0.0.1:19092", kafka_bootstrap)
        .replace("127.0.0.1:16379", valkey_address)
        .replace("127.0.0.1:8081", foreign_cluster["REST"])
        .replace("$HOME/lake", str(tmp_path / "lake"))
    )
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        env={**foreign_cluster, "SHOPSTREAM_CONSUMER_GROUP": "packaged", "SHOPSTREAM_CHECKPOINT_SECONDS": "2"},
        cwd=archive.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Job has been submitted" in done.stdout, done.stdout + done.stderr
    assert re.findall(r"^(\w+): (?:created|unchanged)$", done.stdout, re.MULTILINE) == [one.name for one in TOPICS]
    cluster = Cluster(foreign_cluster["REST"])
    (job,) = cluster.live_jobs()
    cluster.wait_until_running(job.id, 180)
    events = tmp_path / "events.jsonl"
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    events.write_text(
        "".join(
            f'{{"event_id": "packaged-{number}", "event_type": "page_view", "timestamp": "{now}",'
            ' "user_id": "packaged-ann", "session_id": "s", "properties": {"page": "/packaged"}}\n'
            for number in range(5)
        )
    )
    sent = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "replay", str(events)],
        env={**os.environ, "SHOPSTREAM_KAFKA_BOOTSTRAP": kafka_bootstrap},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.returncode == 0, sent.stderr
    store = open_store(FeatureStoreSettings(redis=valkey_address, state=tmp_path / "state"))
    counted = "total_events_24h"
    wait_until(lambda: online("packaged-ann", store=store)[counted].fillna(0).tolist() == [5], "the features", 120)

    def windows() -> list[bytes]:
        rows = TopicReader(kafka_bootstrap).latest("page_views").values()
        return [value for value in rows if value and b'"/packaged"' in value]

    wait_until(lambda: bool(windows()), "a window of the page", 60)
    wait_until(lambda: any((tmp_path / "lake" / "events").glob("**/part-*")), "a file in the lake", 60)
    assert cluster.failures(job.id) == []


def test_compose_submits_the_job(
    archive: Path, foreign_cluster: dict[str, str], kafka_bootstrap: str, valkey_address: str, tmp_path: Path
) -> None:
    """Its command as a plain process, with the image's folder where the archive is; a second time it does nothing."""
    topic_admin.apply(kafka_bootstrap)
    places = {
        "/opt/shopstream": str(archive),
        "jobmanager:8081": foreign_cluster["REST"],
        "kafka:9092": kafka_bootstrap,
        "valkey:6379": valkey_address,
        "/var/lib/shopstream": str(tmp_path),
    }

    def here(text: str) -> str:
        for there, place in places.items():
            text = text.replace(there, place)
        return text

    service = COMPOSE["submit"]
    variables = {name: here(value) for name, value in service["environment"].items() if name.startswith("SHOPSTREAM_")}
    cluster = emptied(foreign_cluster["REST"])

    def submit(**more: str) -> str:
        done = subprocess.run(
            [here(word).replace("$$", "$") for word in service["command"]],
            env={**foreign_cluster, **variables, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Job has been submitted" in submit(SAVEPOINT="")
    (job,) = cluster.live_jobs()
    cluster.wait_until_running(job.id, 180)
    assert cluster.failures(job.id) == []
    assert submit(SAVEPOINT="") == "The job runs already.\n"
    assert [one.id for one in cluster.live_jobs()] == [job.id]
    stopped = cluster.stop(job, tmp_path)
    assert "Job has been submitted" in submit(SAVEPOINT=stopped)
    (again,) = cluster.live_jobs()
    cluster.wait_until_running(again.id, 180)
    checkpoints = httpx.get(f"http://{foreign_cluster['REST']}/jobs/{again.id}/checkpoints").json()
    assert checkpoints["latest"]["restored"]["external_path"] == stopped


def test_the_commands_reach_a_remote_cluster(
    foreign_cluster: dict[str, str], kafka_bootstrap: str, tmp_path: Path
) -> None:
    topic_admin.apply(kafka_bootstrap)
    cluster = emptied(foreign_cluster["REST"])

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", "jobs", *words],
            env={
                **os.environ,
                "SHOPSTREAM_KAFKA_BOOTSTRAP": kafka_bootstrap,
                "SHOPSTREAM_STATE": str(tmp_path / "state"),
                "SHOPSTREAM_CONSUMER_GROUP": "remote",
                "SHOPSTREAM_FLINK_REST": foreign_cluster["REST"],
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = run("submit", "--job", "revenue", "--target", "remote", foreign_cluster["REST"])
    (job,) = cluster.live_jobs()
    assert said == f"Job {job.id} (remote-revenue) runs: http://{foreign_cluster['REST']}/#/job/{job.id}/overview\n"
    assert cluster.failures(job.id) == []

    # Beside a stack of this folder, whose places the other cluster does not know.
    configuration = tmp_path / "state" / "flink" / "conf" / "config.yaml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text('rest.address: "127.0.0.1"\nrest.port: 1\n')
    savepoint = run("stop", "remote-revenue").strip()
    assert not savepoint.startswith((tmp_path / "state").as_uri())
    assert f"goes on from {savepoint}" in run("restore", "--job", "revenue")
    (again,) = cluster.live_jobs()
    assert cluster.failures(again.id) == []


def emptied(rest: str) -> Cluster:
    """The cluster, once no job of another test holds a slot."""
    cluster = Cluster(rest)
    for job in cluster.live_jobs():
        httpx.patch(f"http://{rest}/jobs/{job.id}", params={"mode": "cancel"}).raise_for_status()
    wait_until(lambda: not cluster.live_jobs(), "no job", 60)
    return cluster


def test_the_archive_holds_no_cluster_and_nothing_of_this_machine(archive: Path) -> None:
    assert not list(archive.glob("python/pyflink/lib/*"))
    assert not [path for path in archive.rglob("*.py") if str(ROOT) in path.read_text(errors="replace")]
    names = {path.name for path in (archive / "python" / "flink_jobs" / "operators" / "target").iterdir()}
    assert names == {"shopstream-operators.jar", "connectors"}
