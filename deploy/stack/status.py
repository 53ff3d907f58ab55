"""How one part is, at one moment."""

from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel

from deploy.stack.part import Part
from deploy.stack.run import Run


class State(StrEnum):
    """What can be said of a part."""

    HEALTHY = "healthy"
    STARTING = "starting"
    """It lives, does not answer yet, and still has time to."""

    UNHEALTHY = "unhealthy"
    """It lives but does not answer, although its time to start is over."""

    DEAD = "dead"
    """It was started and its process is gone without `shopstream down`."""

    STOPPED = "stopped"


class PartStatus(BaseModel):
    """One row of `shopstream status`."""

    name: str
    state: State
    address: str
    """``host:port``, or a URL where the part has a web page."""

    pid: int | None
    uptime_seconds: float | None
    log: str
    """Absolute path of the log."""


def status_of(part: Part, run: Run, healthy: Callable[[], bool]) -> PartStatus:
    """Return how a part is now; ``healthy`` is asked only while its process lives."""
    leader = run.leader
    if leader is None:
        state = State.DEAD if run.record else State.STOPPED
    elif healthy():
        state = State.HEALTHY
    else:
        state = State.STARTING if (run.uptime or 0) < part.start_seconds else State.UNHEALTHY
    return PartStatus(
        name=part.name,
        state=state,
        address=part.link,
        pid=leader.pid if leader else None,
        uptime_seconds=run.uptime,
        log=str(run.log),
    )
