"""Prometheus' own tool on the configuration and the rules, with shops that are well and shops that are not."""

import subprocess

import pytest

from deploy.stack.settings import ROOT


@pytest.mark.parametrize(
    "words",
    [("check", "config", "prometheus.yml"), ("check", "rules", "rules.yml"), ("test", "rules", "rules_test.yml")],
)
def test_promtool_accepts(words: tuple[str, ...]) -> None:
    checked = subprocess.run(
        ["promtool", *words], cwd=ROOT / "deploy" / "prometheus", capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
