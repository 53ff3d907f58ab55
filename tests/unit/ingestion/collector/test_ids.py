import pytest

from ingestion.collector.ids import id_of


@pytest.mark.parametrize(
    "candidates,expected",
    [
        ((), None),
        ((None, "", "  "), None),
        ((None, "a", "b"), "a"),
        ((7,), "7"),
        ((0,), "0"),
        ((10**18 - 1,), "999999999999999999"),
        ((10**18,), 10**18),
        ((-1,), -1),
        ((1.5,), 1.5),
        ((True,), True),
        (({"a": 1},), {"a": 1}),
    ],
)
def test_the_first_id_that_is_there(candidates: tuple[object, ...], expected: object) -> None:
    found = id_of(*candidates)
    assert found == expected
    assert type(found) is type(expected)
