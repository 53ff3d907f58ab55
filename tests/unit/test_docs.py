"""The reference pages say what the code says, and what the documents name is there."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deploy.cli import COMMANDS
from deploy.stack.settings import StackSettings
from flink_jobs.features.schema import FEATURE_SETS, USER_FEATURES
from flink_jobs.settings import JobSettings
from ingestion.settings import KafkaSettings, StateSettings
from serving.schemas import ScoreOut
from serving.settings import ScorerSettings
from training.settings import TrainingSettings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")) if path.is_file()
)
# Read by the set-up and the command line, by no settings class.
NOT_SETTINGS = {"SHOPSTREAM_DEBUG", "SHOPSTREAM_PYTHON"}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REFERENCE / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


def table(page: str) -> list[list[str]]:
    lines = (REFERENCE / page).read_text().partition(": begin -->")[2].partition("<!--")[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_pages_are_up_to_date(generate: ModuleType) -> None:
    for page, text in generate.pages().items():
        assert (REFERENCE / page).read_text() == text, f"run: python docs/reference/generate.py ({page})"


def test_every_setting_is_documented_and_no_other() -> None:
    classes = (KafkaSettings, StateSettings, JobSettings, TrainingSettings, ScorerSettings, StackSettings)
    expected = {f"SHOPSTREAM_{name.upper()}" for kind in classes for name in kind.model_fields}
    rows = table("settings.md")
    names = [row[0].strip("`") for row in rows]
    assert set(names) == expected
    assert len(names) == len(set(names))
    assert all(row[2] for row in rows)


def test_settings_show_the_defaults() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("settings.md")}
    assert rows["SHOPSTREAM_KAFKA_BOOTSTRAP"] == f"`{KafkaSettings.model_fields['kafka_bootstrap'].default}`"
    assert rows["SHOPSTREAM_PARALLELISM"] == "`1`"
    assert rows["SHOPSTREAM_API_KEYS"] == rows["SHOPSTREAM_LAKE"] == ""
    assert rows["SHOPSTREAM_MLFLOW_TIMEOUT_SECONDS"] == "`3` (training), `5` (scorer)"


def test_addresses_have_one_default(generate: ModuleType) -> None:
    for variable in generate.variables():
        if any(mark in variable.default for mark in ("127.0.0.1", ".shopstream")):
            assert len(set(variable.defaults.values())) == 1, variable.name


def test_every_settings_class_is_found(generate: ModuleType) -> None:
    found = {kind.__name__ for _, kind in generate.settings_classes()}
    declared = {
        name
        for package in generate.PROGRAMS
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"^class (\w+Settings)\(", path.read_text(), re.MULTILINE)
    }
    assert found == declared


def test_every_feature_is_documented_and_no_other() -> None:
    rows = [(row[1].strip("`"), *row[2:]) for row in table("features.md")]
    every = [feature for features in FEATURE_SETS for feature in features.features]
    assert rows == [(feature.name, feature.type, feature.unit, feature.description) for feature in every]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", document.read_text()):
        link = next(filter(None, target)).partition("#")[0]
        if link and "://" not in link:
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_things_exist(document: Path) -> None:
    text = document.read_text()
    known = {row[0].strip("`") for row in table("settings.md")} | NOT_SETTINGS
    assert set(re.findall(r"SHOPSTREAM_[A-Z_]*[A-Z]", text)) <= known
    assert set(re.findall(r"^(?:\.venv/bin/)?shopstream ([a-z-]+)", text, re.MULTILINE)) <= set(COMMANDS)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets


def test_the_readme_s_answer_has_the_true_shape() -> None:
    text = (ROOT / "README.md").read_text()
    (answer,) = re.findall(r"```json\n(\{\"user_id\".*?)```", text, re.DOTALL)
    score = ScoreOut.model_validate_json(answer)
    assert score.model_fields_set == set(ScoreOut.model_fields)
    assert set(score.features) == {feature.name for feature in USER_FEATURES}


def test_decision_records_have_their_parts() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        headings = re.findall(r"^## (\w+)", path.read_text(), re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], path.name
