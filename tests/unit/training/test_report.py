import json
from io import StringIO

from rich.console import Console

from training.bootstrap import Interval
from training.evaluation import Scores
from training.report import ModelResult, TrainingReport, render

SCORES = Scores(0.8765, 0.25, 0.123, 0.03, 0.01, 0.9, 0.3, 0.4, 0.35)
PART = {
    "rows": 123_456,
    "positives": 3_210,
    "users": 45_678,
    "first_cutoff": "2024-01-01T00:10:00+00:00",
    "last_cutoff": "2024-02-01T00:10:00+00:00",
}
REPORT = TrainingReport(
    task="purchase_24h",
    parts={"train": PART, "validation": PART, "test": PART},
    unknown=0,
    baseline=SCORES,
    models=[
        ModelResult("logistic_regression", {"C": 1}, SCORES, SCORES),
        ModelResult("xgboost", {}, None, None, "ValueError: no luck"),
    ],
    best="logistic_regression",
    version=3,
    alias="challenger",
    test_auc=Interval(0.8765, 0.8, 0.9),
    over_baseline=Interval(0.1, 0.05, 0.15),
    over_champion=Interval(-0.0235, -0.05, 0.01),
    run_url="http://127.0.0.1:15000/#/experiments/1/runs/0123456789abcdef0123456789abcdef",
    seconds=12.3,
)


def test_tables_fit_100_columns_and_name_everything() -> None:
    console = Console(width=100, file=StringIO())
    console.print(render(REPORT))
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    for wanted in ("123,456", "logistic_regression", "0.876", "xgboost failed: ValueError: no luck"):
        assert wanted in text
    assert "version 3, challenger" in text
    # Lines break where the width ends.
    words = " ".join(text.split())
    assert "test AUC 0.8765 (0.8000 to 0.9000)" in words
    assert "recency alone by 0.1000 (0.0500 to 0.1500)" in words
    assert "the champion before it by -0.0235 (-0.0500 to 0.0100)" in words
    assert REPORT.run_url in text


def test_json_holds_the_scores() -> None:
    found = json.loads(json.dumps(REPORT.to_dict()))
    assert found["models"][0]["test"]["roc_auc"] == 0.8765
    assert found["models"][1]["error"] == "ValueError: no luck"
    assert REPORT.test == SCORES
