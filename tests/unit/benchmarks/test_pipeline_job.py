"""Choosing results of the job by their tables."""

import pytest

from benchmarks.pipeline_job import ChosenInserts
from ingestion.errors import ShopstreamError

INSERTS = (
    "-- All events.\nINSERT INTO lake_events SELECT * FROM events",
    "INSERT INTO `lake_user_features`\nSELECT 1",
    "insert into page_views select 1",
)


class Statements:
    """Collects what a statement set of Flink would run."""

    def __init__(self) -> None:
        self.added: list[str] = []

    def add_insert_sql(self, statement: str) -> None:
        self.added.append(statement)

    def execute(self) -> str:
        return "submitted"


@pytest.mark.parametrize(
    ("patterns", "chosen"), [(["*"], (0, 1, 2)), (["lake_*"], (0, 1)), (["page_views", "lake_events"], (0, 2))]
)
def test_inserts_are_chosen_by_their_table(patterns: list[str], chosen: tuple[int, ...]) -> None:
    statements = Statements()
    inserts = ChosenInserts(statements, patterns)
    for statement in INSERTS:
        inserts.add_insert_sql(statement)
    assert statements.added == [INSERTS[place] for place in chosen]
    assert inserts.execute() == "submitted"


def test_rows_go_to_the_stand_in_of_their_table() -> None:
    statements = Statements()
    inserts = ChosenInserts(statements, ["*_events", "*_features"], lambda table: f"discarded_{table}")
    for statement in INSERTS:
        inserts.add_insert_sql(statement)
    assert statements.added == [
        "-- All events.\nINSERT INTO discarded_lake_events SELECT * FROM events",
        "INSERT INTO `discarded_lake_user_features`\nSELECT 1",
    ]


def test_nothing_chosen_names_what_there_is() -> None:
    inserts = ChosenInserts(Statements(), ["revenue"])
    for statement in INSERTS:
        inserts.add_insert_sql(statement)
    with pytest.raises(ShopstreamError, match="choose from lake_events, lake_user_features, page_views"):
        inserts.execute()


def test_a_statement_without_a_table() -> None:
    with pytest.raises(ValueError, match="no INSERT INTO"):
        ChosenInserts(Statements(), ["*"]).add_insert_sql("SELECT 1")
