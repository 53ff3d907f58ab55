"""The jars a Flink job carries: our operators and the connectors."""

from pathlib import Path

from ingestion.errors import ShopstreamError

TARGET = Path(__file__).parent / "operators" / "target"


def job_jars() -> list[Path]:
    """Return the jars, operators first; raises ShopstreamError when they have not been built."""
    operators = TARGET / "shopstream-operators.jar"
    connectors = sorted((TARGET / "connectors").glob("*.jar"))
    if not operators.exists() or not connectors:
        raise ShopstreamError("The Flink operators are not built: run `make setup`.")
    return [operators, *connectors]
