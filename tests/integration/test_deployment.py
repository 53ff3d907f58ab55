"""What can be checked of images, compose and Kubernetes without an engine that runs them."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.stack.flink_conf import cluster_options
from deploy.stack.settings import ROOT, StackSettings
from serving.app import create_app
from serving.settings import ScorerSettings

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
BASE = DEPLOY / "kubernetes" / "base"
OVERLAYS = sorted(path.name for path in (DEPLOY / "kubernetes" / "overlays").iterdir())
OPERATOR = "org.apache.flink:flink-kubernetes-operator-api:1.10.0"
"""Holds the description of FlinkDeployment; the newest that is on Maven Central, from before Flink 2.3."""
PINNED = re.compile(r"[\w./-]+:[\w.-]*\d[\w.-]*")
TOOLS = Path(sys.executable).parent


def resources(text: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(text) if one]


def base() -> list[dict[str, Any]]:
    names = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    assert sorted([*names, "kustomization.yaml"]) == sorted(path.name for path in BASE.iterdir())
    return [one for name in names for one in resources((BASE / name).read_text())]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


@pytest.fixture(scope="module")
def flink_deployment_schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("operator")
    copied = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={OPERATOR}", f"-DoutputDirectory={folder}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert copied.returncode == 0, copied.stdout
    with zipfile.ZipFile(next(folder.glob("*.jar"))) as jar:
        text = jar.read("META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml")
    definition = yaml.load(text, yaml.CSafeLoader)
    (version,) = (one for one in definition["spec"]["versions"] if one["name"] == "v1beta1")
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    closed(schema)
    schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
    schema["properties"]["spec"]["properties"]["flinkVersion"] = {"const": "v2_3"}
    return schema


def closed(schema: Any) -> None:
    """Let no field pass that the description does not know; the API server would drop it without a word."""
    if isinstance(schema, dict):
        if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            closed(value)


@pytest.mark.parametrize("name", ["Dockerfile", "mlflow.Dockerfile"])
def test_dockerfiles_follow_the_rules(name: str) -> None:
    checked = subprocess.run(
        [TOOLS / "hadolint", DEPLOY / "images" / name], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize("name", ["Dockerfile", "mlflow.Dockerfile"])
def test_images_are_pinned_and_nobody_runs_as_root(name: str) -> None:
    lines = (DEPLOY / "images" / name).read_text().splitlines()
    stages: dict[str, str] = {}
    user: dict[str, str] = {}
    stage = ""
    for line in lines:
        if line.startswith("FROM "):
            _, image, *rest = line.split()
            stage = rest[1] if rest else "last"
            assert image in stages or PINNED.fullmatch(image), line
            stages[stage] = image
        elif line.startswith("USER "):
            user[stage] = line.split()[1]
    for target in ("scorer", "flink") if "scorer" in stages else ("last",):
        assert int(user[target]) > 0


def test_what_the_entry_point_calls_is_installed() -> None:
    """The entry point is of Flink's image, the rest of which is not there; it runs each option through envsubst."""
    flink = (DEPLOY / "images" / "Dockerfile").read_text().partition(" AS flink\n")[2]
    assert "COPY --from=cluster /docker-entrypoint.sh" in flink
    assert {"gettext-base", "libjemalloc-dev", "libsnappy1v5"} <= set(flink.split())


def test_what_an_image_copies_is_there() -> None:
    text = (DEPLOY / "images" / "Dockerfile").read_text()
    assert (DEPLOY / "images" / "application.sh").stat().st_mode & 0o111
    assert "deploy/images/application.sh" in text
    locked = re.findall(r"^mlflow==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert f"mlflow=={locked[0]} " in (DEPLOY / "images" / "mlflow.Dockerfile").read_text()


def test_compose_is_what_its_description_allows() -> None:
    checked = subprocess.run(
        [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_compose_is_of_a_piece(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert PINNED.fullmatch(service["image"]), name
        for waited, how in as_conditions(service.get("depends_on", {})).items():
            condition = how["condition"]
            assert ("healthcheck" in services[waited]) or condition != "service_healthy", (name, waited)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (COMPOSE.parent / source).exists(), (name, volume)
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), (name, port)
        if built := service.get("build"):
            folder = (COMPOSE.parent / built["context"]).resolve()
            text = (folder / built["dockerfile"]).read_text()
            assert f" AS {built['target']}\n" in text if "target" in built else True
    images = {service["image"] for service in services.values() if "build" in service}
    ours = {service["image"] for service in services.values() if service["image"].startswith("shopstream")}
    assert ours == images


def test_entry_points_that_change_their_user_may(compose: dict[str, Any]) -> None:
    """Ours have a user; those that begin as root to become another need capabilities, or that user at once."""
    for name in ("valkey", "postgres"):
        service = compose["services"][name]
        assert "user" in service or {"SETUID", "SETGID"} <= set(service["cap_add"]), name


def as_conditions(depends: Any) -> dict[str, dict[str, str]]:
    return depends if isinstance(depends, dict) else {name: {"condition": "service_started"} for name in depends}


def test_compose_has_no_password_of_its_own(compose: dict[str, Any]) -> None:
    example = dict(
        line.split("=", 1) for line in (COMPOSE.parent / ".env.example").read_text().splitlines() if "=" in line
    )
    assert set(example.values()) == {""}
    text = COMPOSE.read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == set(example)
    for service in compose["services"].values():
        for name, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|SECRET|KEYS|ACCESS_KEY", name):
                assert str(value).startswith("${"), name


def test_flinks_properties_survive_the_image(compose: dict[str, Any]) -> None:
    """Its entry point takes one line for one option, and all blanks out of it."""
    for name in ("jobmanager", "taskmanager"):
        for line in compose["services"][name]["environment"]["FLINK_PROPERTIES"].splitlines():
            assert re.fullmatch(r"[A-Za-z.-]+: (\S+|\d+ (ms|s|min))", line), line


def test_flink_is_set_up_as_in_the_local_stack(compose: dict[str, Any], tmp_path: Path) -> None:
    """What is tested with the local stack holds for the others: they differ in addresses, folders and sizes alone."""
    settings = StackSettings(state=tmp_path, high_availability=True)
    local = {name: str(value).lower() for name, value in cluster_options(settings).items()}
    given = {"compose": yaml.safe_load(compose["services"]["jobmanager"]["environment"]["FLINK_PROPERTIES"])}
    (flink,) = (one for one in base() if one["kind"] == "FlinkDeployment")
    given["kubernetes"] = flink["spec"]["flinkConfiguration"]
    # On a network two seconds without an answer are no dead process.
    own = re.compile(
        r"(jobmanager|rest)\.(rpc\.)?address|.*(\.dir|-dir|storageDir)|metrics\..*|heartbeat\.interval"
        r"|high-availability\.(zookeeper\.quorum|jobmanager\.port)"
    )
    # Elsewhere Flink's scripts divide the memory and find Java and Python; a container listens on its own addresses.
    of_the_stack = re.compile(
        r"(jobmanager|taskmanager|rest)\.(rpc\.|bind-)?(host|address|port)|(jobmanager|taskmanager)\.memory\..*"
        r"|env\.java\.opts\.all|web\..*|python\..*|parallelism\.default|taskmanager\.cpu\.cores"
    )
    # Of Kubernetes' own: it has no ZooKeeper, the operator gives sizes by fields, and the JobManager plans the job.
    apart = {
        "kubernetes": re.compile(
            r"high-availability\..*|.*\.memory\.process\.size|jobmanager\.memory\.jvm-metaspace\.size"
        ),
        "compose": re.compile("-"),
    }
    for name in local:
        for where, options in given.items():
            given_there = name in options or of_the_stack.fullmatch(name) or apart[where].fullmatch(name)
            assert given_there, f"{where} lacks {name}: {local[name]}"
    for where, options in given.items():
        for name, value in options.items():
            if not (own.fullmatch(name) or apart[where].fullmatch(name)):
                assert str(value).lower().replace("10 s", "10000 ms") == local[name], (where, name)


def settings_used() -> Iterator[str]:
    yield from re.findall(r"SHOPSTREAM_[A-Z_]+[A-Z]", COMPOSE.read_text())
    for path in (DEPLOY / "kubernetes").rglob("*.yaml"):
        yield from re.findall(r"SHOPSTREAM_[A-Z_]+[A-Z]", path.read_text())
    yield from re.findall(r"SHOPSTREAM_[A-Z_]+[A-Z]", (DEPLOY / "images" / "Dockerfile").read_text())


def test_every_setting_exists() -> None:
    known = set(re.findall(r"`(SHOPSTREAM_\w+)`", (ROOT / "docs" / "reference" / "settings.md").read_text()))
    assert set(settings_used()) - known == set()


@pytest.mark.parametrize("resource", base(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_kubernetes_knows_every_field(resource: dict[str, Any], request: pytest.FixtureRequest) -> None:
    check(resource, request)


def check(resource: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if resource["kind"] == "FlinkDeployment":
        jsonschema.Draft202012Validator(request.getfixturevalue("flink_deployment_schema")).validate(resource)
    else:
        kubernetes_validate.validate(resource, "1.33", strict=True)


def test_a_misspelt_field_is_found(request: pytest.FixtureRequest) -> None:
    (flink,) = (one for one in base() if one["kind"] == "FlinkDeployment")
    flink["spec"]["job"]["upgrademode"] = "savepoint"
    with pytest.raises(jsonschema.ValidationError, match="upgrademode"):
        check(flink, request)
    (deployment,) = (one for one in base() if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        check(deployment, request)


def test_kubernetes_is_of_a_piece() -> None:
    found = {(one["kind"], one["metadata"]["name"]): one for one in base()}
    scorer = found["Deployment", "scorer"]
    labels = scorer["spec"]["template"]["metadata"]["labels"].items()
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        selector = found[kind, "scorer"]["spec"].get("selector") or found[kind, "scorer"]["spec"]["podSelector"]
        assert selector.get("matchLabels", selector).items() <= labels, kind
    assert found["HorizontalPodAutoscaler", "scorer"]["spec"]["scaleTargetRef"]["name"] == "scorer"
    claims = {name for kind, name in found if kind == "PersistentVolumeClaim"}
    assert set(re.findall(r"claimName': '(\w+)'", str(list(found.values())))) == claims
    assert "secretKeyRef" in json.dumps(scorer)
    # Of any job, whatever its name.
    pods = found["FlinkDeployment", "shopstream"]["spec"]["podTemplate"]["metadata"]["labels"]
    policy = found["NetworkPolicy", "flink"]["spec"]
    assert policy["podSelector"]["matchLabels"] == policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == pods
    assert not [kind for kind, _ in found if kind == "Secret"]


def test_probes_ask_what_the_scorer_answers(tmp_path: Path) -> None:
    paths = create_app(ScorerSettings(state=tmp_path)).openapi()["paths"]
    (container,) = next(one for one in base() if one["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in paths


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here: the base was checked, overlays were not")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlays_render_to_what_kubernetes_knows(overlay: str, request: pytest.FixtureRequest) -> None:
    rendered = subprocess.run(
        ["kubectl", "kustomize", DEPLOY / "kubernetes" / "overlays" / overlay],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (rendered.returncode, rendered.stderr) == (0, "")
    found = resources(rendered.stdout)
    assert len(found) == len(base())
    for resource in found:
        check(resource, request)
    images = re.findall(r"image: (\S+)", rendered.stdout)
    assert images
    assert all(PINNED.fullmatch(image) for image in images)
