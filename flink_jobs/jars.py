"""The jars a Flink job carries: our operators and the connectors."""

from pathlib import Path

from ingestion.errors import ShopstreamError

TARGET = Path(__file__).parent / "operators" / "target"


def job_jars(more: str = "") -> list[Path]:
    """Return the jars, operators first, and ``more``, paths separated by commas.

    Raises ShopstreamError when ours have not been built, or one of the others is not there.
    """
    operators = TARGET / "shopstream-operators.jar"
    connectors = sorted((TARGET / "connectors").glob("*.jar"))
    if not operators.exists() or not connectors:
        raise ShopstreamError("The Flink operators are not built: run `make setup`.")
    others = [Path(name.strip()).absolute() for name in more.split(",") if name.strip()]
    for jar in others:
        if not jar.is_file():
            raise ShopstreamError(f"SHOPSTREAM_SOURCE_JARS names {jar}, which is not there.")
    return [operators, *connectors, *others]
