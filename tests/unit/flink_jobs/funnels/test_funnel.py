"""The funnel's file: what is in it comes back, and what is wrong in it is said in one sentence."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_jobs.funnels.funnel import MAX_STEPS, Funnel, load_funnel
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,49}", fullmatch=True)
# Whatever a TOML string can hold, quotes and backslashes included.
EVENT_TYPES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)
BREAKDOWNS = ["device", "country", "referrer", "product_category"]

STEPS = """
[[steps]]
name = "view"
event_type = "product_view"
[[steps]]
name = "buy"
event_type = "purchase"
"""


def toml(text: str) -> str:
    """A TOML string; control characters and quotes are escaped."""
    return '"' + "".join(f"\\U{ord(c):08x}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in text) + '"'


@st.composite
def funnels(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(2, MAX_STEPS))
    names = draw(st.lists(NAMES, min_size=count, max_size=count, unique=True))
    types = draw(st.lists(EVENT_TYPES, min_size=count, max_size=count, unique=True))
    return {
        "name": draw(NAMES),
        "conversion_minutes": draw(st.integers(1, 1440)),
        "breakdowns": draw(st.lists(st.sampled_from(BREAKDOWNS), unique=True)),
        "steps": [{"name": name, "event_type": kind} for name, kind in zip(names, types, strict=True)],
    }


@given(wanted=funnels())
def test_a_file_comes_back(tmp_path_factory: pytest.TempPathFactory, wanted: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "funnel.toml"
    lines = [
        f"name = {toml(wanted['name'])}",
        f"conversion_minutes = {wanted['conversion_minutes']}",
        f"breakdowns = [{', '.join(map(toml, wanted['breakdowns']))}]",
    ]
    for step in wanted["steps"]:
        lines += ["[[steps]]", f"name = {toml(step['name'])}", f"event_type = {toml(step['event_type'])}"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert load_funnel(path).model_dump() == wanted


@given(content=st.binary(max_size=200))
def test_no_file_fails_but_with_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    with pytest.raises(ShopstreamError, match=re.escape(str(path))) as raised:
        load_funnel(path)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "Buy"' + STEPS, r"Mend name in the funnel \S+: String should match pattern .*"),
        ('name = "buy\\n"' + STEPS, r"Mend name in the funnel \S+: String should match pattern .*"),
        ('name = "buy"', r"Mend steps in the funnel \S+: Field required\."),
        ('name = "buy"\nwindow = 3' + STEPS, r"Mend window in the funnel \S+: Extra inputs are not permitted\."),
        ('name = "buy"\nconversion_minutes = 0' + STEPS, r"Mend conversion_minutes in .* greater than or equal to 1\."),
        (
            'name = "buy"\nconversion_minutes = 1441' + STEPS,
            r"Mend conversion_minutes in .* or equal to 1440\.",
        ),
        ('name = "buy"\nconversion_minutes = "60"' + STEPS, r"Mend conversion_minutes in .* valid integer\."),
        ('name = "buy"\nbreakdowns = ["city"]' + STEPS, r"Mend breakdowns\.1 in .* 'device', 'country', .*"),
        ('name = "buy"\nbreakdowns = ["device", "device"]' + STEPS, r".*: the breakdown 'device' is there 2 times\."),
        ('name = "buy"' + STEPS + STEPS, r"Mend the funnel \S+: the step 'view' is there 2 times\."),
        (
            'name = "buy"' + STEPS.replace("purchase", "product_view"),
            r".* event type 'product_view' is there 2 .*",
        ),
        ('name = "buy"' + STEPS.replace('"purchase"', '""'), r"Mend steps\.2\.event_type in .* at least 1 character\."),
        ('name = "buy"' + STEPS.partition('[[steps]]\nname = "buy"')[0], r"Mend steps in .* at least 2 items .*"),
        ("name =", r"The funnel \S+ is not TOML in UTF-8: Invalid value .*\."),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "funnel.toml"
    path.write_text(text)
    with pytest.raises(ShopstreamError) as raised:
        load_funnel(path)
    assert re.fullmatch(sentence, str(raised.value)), str(raised.value)


def test_a_file_that_is_not_there_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ShopstreamError, match=r"funnel\.toml cannot be read .*SHOPSTREAM_FUNNEL"):
        load_funnel(tmp_path / "funnel.toml")


def test_the_shop_s_own_funnel() -> None:
    funnel = load_funnel(JobSettings().funnel)
    assert [step.event_type for step in funnel.steps] == ["product_view", "add_to_cart", "checkout", "purchase"]
    assert funnel.conversion_minutes == 60
    assert funnel.breakdowns == BREAKDOWNS
    assert Funnel.model_validate(funnel.model_dump()) == funnel
