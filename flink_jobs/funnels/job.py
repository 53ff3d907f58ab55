"""The ordered funnel: how many users take the steps in order, and in what time.

Operators in order: step events -> ordered_funnel (keyed by user: what each event changes) -> count_conversions (keyed
by window, breakdown and value: users, times) -> ``funnel_conversions``.
"""

from typing import get_args

from pyflink.table import StreamTableEnvironment

from flink_jobs.funnels.funnel import MAX_STEPS, Breakdown, Funnel
from flink_jobs.shared_view import share
from flink_jobs.statement import statement
from ingestion.topics import FUNNEL_CONVERSIONS

_MAX_BREAKDOWNS = len(get_args(Breakdown))


def create_views(t_env: StreamTableEnvironment, funnel: Funnel, interval_ms: int) -> None:
    """Create ``funnel_conversion_rows`` over ``counted_events``.

    ``interval_ms``: a window's rows go out at most this often per breakdown value, by the machine's clock.
    """
    breakdowns = ", ".join(funnel.breakdowns)
    event_types = [step.event_type for step in funnel.steps]
    settings = {
        "funnel": funnel.name,
        "steps": len(funnel.steps),
        "breakdowns": len(funnel.breakdowns),
        "conversion_seconds": funnel.conversion_minutes * 60,
        "interval_ms": interval_ms,
        "first_touch": f"ARRAY[{breakdowns}]" if breakdowns else "CAST(NULL AS ARRAY<STRING>)",
        # A place without a step repeats the first one, which the CASE finds earlier.
        **_numbered("event_type", event_types, MAX_STEPS, event_types[0]),
        **_numbered("name", [step.name for step in funnel.steps], MAX_STEPS),
        **_numbered("breakdown", list(funnel.breakdowns), _MAX_BREAKDOWNS),
    }
    for view in ("funnel_events", "funnel_changes", "funnel_totals", "funnel_conversion_rows"):
        t_env.execute_sql(statement("flink_jobs.funnels", view, **settings))
    share(t_env, "funnel_conversion_rows")


def create_topic(t_env: StreamTableEnvironment, bootstrap: str) -> None:
    """Create the Kafka table ``funnel_conversions``; ``bootstrap`` is Kafka's ``host:port``."""
    name = FUNNEL_CONVERSIONS.name
    t_env.execute_sql(statement("flink_jobs.funnels", f"{name}_topic", topic=name, bootstrap=bootstrap))


def inserts() -> list[str]:
    """Return the statement that writes ``funnel_conversion_rows`` to ``funnel_conversions``."""
    return [statement("flink_jobs.funnels", "funnel_conversions")]


def _numbered(name: str, values: list[str], places: int, rest: str = "") -> dict[str, str]:
    """A setting for each place; those without a value are ``rest``."""
    padded = values + [rest] * (places - len(values))
    return {f"{name}_{number}": value for number, value in enumerate(padded, start=1)}
