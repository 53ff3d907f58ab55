"""``shopstream jobs submit --target``: what is asked of the user, and what kubectl is given."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from flink_jobs.cli import jobs
from ingestion.errors import ShopstreamError

DEPLOYMENT: dict[str, Any] = {
    "kind": "FlinkDeployment",
    "metadata": {"name": "shopstream", "namespace": "shop"},
    "spec": {
        "job": {"args": ["-py", "main.py"]},
        "podTemplate": {"spec": {"containers": [{"name": "flink-main-container"}]}},
    },
}


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl that builds every overlay to the above, and keeps what it is to apply."""
    (tmp_path / "rendered.yaml").write_text(yaml.safe_dump_all([{"kind": "Service"}, DEPLOYMENT]))
    program = tmp_path / "kubectl"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {tmp_path}/calls\n'
        f"case $1 in kustomize) cat {tmp_path}/rendered.yaml;; apply) cat > {tmp_path}/applied.yaml; echo done;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def run(*words: str) -> str:
    return CliRunner().invoke(jobs, ["submit", *words], catch_exceptions=False).output


def test_kubernetes_gets_a_deployment_of_the_results(kubectl: Path) -> None:
    said = run(
        "--job",
        "revenue",
        "--job",
        "user_features",
        "--target",
        "kubernetes",
        "some/overlay",
        "--savepoint",
        "s3://b/s",
    )
    assert said == "done\n"
    assert (kubectl / "calls").read_text().splitlines() == ["kustomize some/overlay", "apply -f -"]
    applied = yaml.safe_load((kubectl / "applied.yaml").read_text())
    assert applied["metadata"] == {"name": "shopstream-revenue-user-features", "namespace": "shop"}
    assert applied["spec"]["job"] == {
        "args": ["-py", "main.py", "revenue", "user_features"],
        "initialSavepointPath": "s3://b/s",
    }
    (container,) = applied["spec"]["podTemplate"]["spec"]["containers"]
    assert container["env"] == [{"name": "SHOPSTREAM_CONSUMER_GROUP", "value": "shopstream"}]


def test_a_dry_run_prints_and_applies_nothing(kubectl: Path) -> None:
    printed = yaml.safe_load(run("--all", "--target", "kubernetes", "--dry-run"))
    assert printed["metadata"]["name"] == "shopstream"
    assert printed["spec"]["job"]["args"] == ["-py", "main.py"]
    (call,) = (kubectl / "calls").read_text().splitlines()
    assert call.endswith("deploy/kubernetes/overlays/local")


def test_without_one_deployment_it_says_so(kubectl: Path) -> None:
    (kubectl / "rendered.yaml").write_text("kind: Service")
    with pytest.raises(ShopstreamError, match="has 0 FlinkDeployments"):
        run("--target", "kubernetes")


def test_what_kubectl_fails_of_is_told(kubectl: Path) -> None:
    (kubectl / "kubectl").write_text("#!/bin/sh\necho 'error: no such folder' >&2\nexit 1\n")
    with pytest.raises(ShopstreamError, match="kustomize nowhere` failed: error: no such folder"):
        run("--target", "kubernetes", "nowhere")


def test_without_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ShopstreamError, match="kubectl is not on the PATH"):
        run("--target", "kubernetes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "remote"), "needs the cluster's address"),
        (("--target", "remote", "nowhere"), "needs the cluster's address"),
        (("10.0.0.5:8081",), "or say --target remote 10.0.0.5:8081"),
        (("--dry-run",), "--dry-run is for --target kubernetes"),
    ],
)
def test_what_does_not_go_together(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ShopstreamError, match=said):
        run(*words)
