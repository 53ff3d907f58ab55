from pathlib import Path

import pytest

from ingestion.errors import ShopstreamError
from ingestion.simulator.ground_truth import GroundTruth, TruthWriter, truth_beside


def test_a_truth_whose_writer_was_killed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.truth.jsonl"
    with TruthWriter(path) as writer:
        writer.add([{"kind": "anomaly"}])
    with pytest.raises(ShopstreamError, match="has no header: the simulation that wrote it was killed"):
        GroundTruth.read(path)


def test_only_the_kinds_asked_for_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.truth.jsonl"
    with TruthWriter(path) as writer:
        writer.add([{"kind": "anomaly"}, {"kind": "user", "drop": 0.5}])
        writer.close({"complete": True})
    truth = GroundTruth.read(path, frozenset({"user"}))
    assert truth.header == {"kind": "header", "complete": True}
    assert truth.of("user") == [{"kind": "user", "drop": 0.5}]
    assert truth.of("anomaly") == []


@pytest.mark.parametrize("text", ["not json\n", '{"kind":"header"}\n[1]\n', '{"kind":"header"}\n{}\n'])
def test_what_is_no_truth_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.truth.jsonl"
    path.write_text(text)
    with pytest.raises(ShopstreamError, match="is not the ground truth of a simulation"):
        GroundTruth.read(path)


def test_a_missing_or_unwritable_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match="cannot be read"):
        GroundTruth.read(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(ShopstreamError, match="cannot be written"):
        TruthWriter(tmp_path / "file" / "x.truth.jsonl")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_beside(tmp_path: Path, name: str) -> None:
    assert truth_beside(tmp_path / name) == tmp_path / "a.truth.jsonl"
