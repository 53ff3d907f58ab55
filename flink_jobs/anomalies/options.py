"""What the commands of `shopstream alerts` share."""

from typing import Any

import click
import orjson

from flink_jobs.anomalies.rules import Kind

KIND_NAMES: dict[str, Kind] = {
    "count": "count_threshold",
    "intensity": "intensity_threshold",
    "unusual": "unusual",
}
"""The kinds of alerts as they are typed."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print indented JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
