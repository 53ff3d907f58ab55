"""The operator that writes the rows of a view to Redis: batches by a thread of its own, all written at a checkpoint."""

from typing import Any

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

PATIENCE_MS = 60_000
"""How long a server that is away is waited for before the job fails and starts again from its checkpoint."""


def redis_classes() -> Any:
    """Return the JVM's package of what rows become in Redis."""
    return get_gateway().jvm.shopstream.redis


def write_to_redis(
    t_env: StreamTableEnvironment,
    view: str,
    rows: Any,
    address: str,
    flush_ms: int,
    patience_ms: int = PATIENCE_MS,
) -> None:
    """Create ``written_<view>`` over a view; an insert from it puts the writer in the job. It never has a row.

    ``rows`` is the JVM's object that says what a row becomes. A row is written within ``flush_ms`` and the time of a
    call, and a checkpoint passes when all rows before it are. While the server is away the job waits, then fails and
    starts again from its checkpoint, as often as it takes: no row is lost, and some are written again.
    """
    uid = f"write-{view.replace('_', '-')}"
    redis_classes().RedisWriter.attach(
        t_env._j_tenv, view, f"written_{view}", uid, address, rows, flush_ms, patience_ms
    )
