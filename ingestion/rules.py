"""What an event's values must be; declared once, for Python and for the Flink format ``shop-event``."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

RuleKind = Literal["text", "name", "id", "non_negative_number"]

_MAX_ID = 10**18 - 1
_MAX_FOLDER_BYTES = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """What the value under a path must be; an event that breaks a rule is rejected as ``bad_value``.

    ``path`` is keys separated by dots. ``event_types``: the types to which the rule applies; None for all.
    ``required``: an event without the value, or with null, is bad too. ``max_length`` counts characters.
    ``text`` is a string; ``name`` one that can name a folder: of at most 200 bytes of UTF-8, where ASCII other than
    letters, digits, ``_``, ``-`` and ``.`` takes three, as escaped (a file system has 255); ``id`` a string or an
    integer from 0 to 10^18 - 1 (which is read as its text); ``non_negative_number`` a finite number of 0 or more; a
    number in quotes is not a number.
    """

    path: str
    kind: RuleKind
    event_types: tuple[str, ...] | None = None
    required: bool = False
    max_length: int = 0

    def applies_to(self, event_type: object) -> bool:
        """Whether an event of this type must keep the rule."""
        return self.event_types is None or event_type in self.event_types

    def accepts(self, value: Any) -> bool:
        """Whether a decoded JSON value keeps the rule; None stands for null and for no value."""
        if value is None:
            return not self.required
        if self.kind == "non_negative_number":
            return _is_number(value) and bool(0 <= value < math.inf)
        if self.kind == "id" and _is_number(value):
            return isinstance(value, int) and 0 <= value <= _MAX_ID
        if not isinstance(value, str) or len(value) > self.max_length:
            return False
        return self.kind != "name" or _folder_bytes(value) <= _MAX_FOLDER_BYTES

    @property
    def message(self) -> str:
        """The sentence for an event that breaks the rule."""
        subject = f"{self.path} of {', '.join(self.event_types)}" if self.event_types else self.path
        demand = {
            "text": f"a string of at most {self.max_length} characters",
            "name": f"a string of at most {self.max_length} characters and {_MAX_FOLDER_BYTES} bytes",
            "id": f"a string of at most {self.max_length} characters or a non-negative integer",
            "non_negative_number": "a finite number of 0 or more",
        }[self.kind]
        return f"{subject} must be {demand}."


def _folder_bytes(name: str) -> int:
    escaped = sum(character.isascii() and not (character.isalnum() or character in "_-.") for character in name)
    return len(name.encode(errors="surrogatepass")) + 2 * escaped


def _is_number(value: Any) -> bool:
    # To Python a bool is an int; to JSON it is no number.
    return isinstance(value, int | float) and not isinstance(value, bool)


_CART = ("add_to_cart", "remove_from_cart")

RULES = (
    Rule("event_id", "text", max_length=200),
    # It names a folder of the lake.
    Rule("event_type", "name", max_length=100),
    Rule("user_id", "id", max_length=200),
    Rule("session_id", "id", max_length=200),
    Rule("context.anonymous_id", "id", max_length=200),
    Rule("properties.total", "non_negative_number", ("purchase",), required=True),
    Rule("properties.price", "non_negative_number", _CART),
    Rule("properties.quantity", "non_negative_number", _CART),
)
"""In the order in which they are checked."""


def format_option() -> str:
    """Return the rules as the Flink format's option ``'shop-event.rules'``: JSON without single quotes."""
    return json.dumps([asdict(rule) for rule in RULES], separators=(",", ":"))
