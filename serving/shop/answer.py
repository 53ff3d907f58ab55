"""What a question about the shop is answered with."""

from dataclasses import dataclass, field
from typing import Any

from serving.shop.period import Granularity, Period


@dataclass(frozen=True, slots=True)
class ShopAnswer:
    """Rows of a result; ``columns`` in the order in which they are shown."""

    result: str
    period: Period
    granularity: Granularity
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    truncated: bool = False
    problems: list[str] = field(default_factory=list)
    """What could not be read, so that something may be missing; a sentence each."""
