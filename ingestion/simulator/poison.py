"""Poison: values that are no valid events, at least one kind for each error code."""

from collections.abc import Callable
from dataclasses import dataclass

from ingestion.verdict import MAX_BYTES, MAX_DEPTH, ErrorCode


@dataclass(frozen=True, slots=True)
class Poison:
    """One kind. ``write`` makes the value from a serial, which it holds, and a valid timestamp."""

    kind: str
    error_code: ErrorCode
    weight: float
    write: Callable[[str, str], bytes]


def _event(serial: str, timestamp: str, more: str = "", event_type: str = "click") -> bytes:
    return f'{{"event_id":"{serial}","event_type":"{event_type}","timestamp":"{timestamp}"{more}}}'.encode()


def _properties(event_type: str, properties: str) -> Callable[[str, str], bytes]:
    return lambda serial, at: _event(serial, at, f',"user_id":"user_000001","properties":{{{properties}}}', event_type)


KINDS = (
    Poison("cut_off", "not_json", 4, lambda serial, at: _event(serial, at, ',"properties":{"page":"/"')[:-1]),
    Poison(
        "invalid_utf8",
        "not_json",
        3,
        lambda serial, at: _event(serial, at, ',"user_id":"').replace(b'"}', b'\xff\xfe"}'),
    ),
    Poison("nan", "not_json", 3, _properties("purchase", '"total":NaN')),
    Poison(
        "too_deep",
        "not_json",
        1,
        lambda serial, at: _event(serial, at, ',"properties":' + '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH),
    ),
    Poison("plain_text", "not_json", 2, lambda serial, _at: f"GET /healthz {serial}".encode()),
    Poison("array", "not_an_object", 2, lambda serial, at: b"[" + _event(serial, at) + b"]"),
    Poison("string", "not_an_object", 2, lambda serial, _at: f'"{serial}"'.encode()),
    Poison(
        "no_event_type", "missing_field", 2, lambda serial, at: f'{{"event_id":"{serial}","timestamp":"{at}"}}'.encode()
    ),
    Poison(
        "null_event_id",
        "missing_field",
        2,
        lambda serial, at: (
            f'{{"event_id":null,"event_type":"click","timestamp":"{at}","properties":{{"serial":"{serial}"}}}}'.encode()
        ),
    ),
    Poison("blank_timestamp", "missing_field", 2, lambda serial, _at: _event(serial, " ")),
    Poison("month_13", "bad_timestamp", 2, lambda serial, at: _event(serial, f"{at[:4]}-13{at[7:]}")),
    Poison("words", "bad_timestamp", 2, lambda serial, _at: _event(serial, "yesterday")),
    Poison("epoch_seconds", "bad_timestamp", 2, lambda serial, _at: _event(serial, "1767225600")),
    Poison("year_2099", "future_timestamp", 5, lambda serial, at: _event(serial, f"2099-01-01{at[10:]}")),
    Poison("no_total", "bad_value", 2, _properties("purchase", '"currency":"EUR"')),
    Poison("negative_total", "bad_value", 2, _properties("purchase", '"total":-0.01')),
    Poison("quoted_total", "bad_value", 2, _properties("purchase", '"total":"12.50"')),
    Poison("negative_price", "bad_value", 2, _properties("add_to_cart", '"product_id":"prod_0001","price":-1')),
    Poison("user_is_object", "bad_value", 2, lambda serial, at: _event(serial, at, ',"user_id":{"id":1}')),
    Poison(
        "quarter_mebibyte",
        "too_large",
        0.1,
        lambda serial, at: _event(serial, at, f',"properties":{{"page":"{"x" * MAX_BYTES}"}}'),
    ),
)
