"""The funnel: which steps, in what time, broken down by what; read from a TOML file."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ingestion.errors import ShopstreamError

MAX_STEPS = 8
"""``funnel_events.sql`` has a place for each."""

Breakdown = Literal["device", "country", "referrer", "product_category"]

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]


class Step(BaseModel):
    """One step: what it is called in the results, and the event that takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    event_type: str = Field(min_length=1, max_length=100)


class Funnel(BaseModel):
    """A funnel, as in ``funnel.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    """Part of every result's key and of the operators' uids: a changed funnel with a new name starts anew."""

    conversion_minutes: int = Field(default=60, ge=1, le=1440)
    """Longest time from the first step to any other, that moment included."""

    breakdowns: list[Breakdown] = []
    """Values of the first step that users are told apart by; the total is always there."""

    steps: list[Step] = Field(min_length=2, max_length=MAX_STEPS)

    @model_validator(mode="after")
    def _without_repeats(self) -> Self:
        for what, values in (
            ("breakdown", self.breakdowns),
            ("step", [step.name for step in self.steps]),
            ("event type", [step.event_type for step in self.steps]),
        ):
            value, times = Counter(values).most_common(1)[0] if values else ("", 0)
            if times > 1:
                raise ValueError(f"the {what} {value!r} is there {times} times")
        return self


def load_funnel(path: Path) -> Funnel:
    """Return the funnel in a TOML file. Raises ShopstreamError, which says what to mend in which file."""
    try:
        return Funnel.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ShopstreamError(
            f"The funnel {path} cannot be read ({error.strerror}): set SHOPSTREAM_FUNNEL to a file that can."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ShopstreamError(f"The funnel {path} is not TOML in UTF-8: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise ShopstreamError(
            f"Mend {place + ' in ' if place else ''}the funnel {path}: {first['msg'].removeprefix('Value error, ')}."
        ) from error
