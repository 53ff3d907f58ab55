"""Alert rules lead to a paragraph that says what to do."""

import json
from collections import Counter

import yaml

from deploy.stack.settings import ROOT


def test_each_alert_names_a_paragraph_of_the_runbook() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    runbook = operations.partition("## When something is wrong")[2].partition("\n## ")[0]
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(alerts) > 10
    for alert in alerts:
        assert f"\n**{alert['annotations']['runbook']}**" in runbook, alert["alert"]


def test_dashboards_have_an_id_and_panels_of_their_own() -> None:
    paths = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
    boards = [json.loads(path.read_text()) for path in paths]
    assert len({board["uid"] for board in boards}) == len(paths) == 2
    for board in boards:
        assert set(Counter(panel["id"] for panel in board["panels"]).values()) == {1}
        assert all(panel["datasource"]["uid"] == "prometheus" for panel in board["panels"])
