"""One part of the stack: what to run, where it listens and when it is healthy."""

import http.client
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from deploy.stack.address import Address
from deploy.stack.settings import StackSettings
from ingestion.errors import ShopstreamError


class Part(ABC):
    """A program that runs in the foreground, writes its log to standard output and ends on SIGTERM."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """Parts that must be healthy before this one starts, when they are started together."""

    start_seconds: ClassVar[float] = 90
    """Longest wait for health after the start."""

    stop_seconds: ClassVar[float] = 10
    """Longest wait for an orderly end; after it the part is killed."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings

    @abstractmethod
    def addresses(self) -> tuple[Address, ...]:
        """Return what it listens on, the clients' address first; ShopstreamError when not on loopback."""

    @property
    def link(self) -> str:
        """Where a person or client finds it: a URL where there is a web page."""
        return str(self.addresses()[0])

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments."""

    def environment(self) -> Mapping[str, str]:
        """Return the variables it needs besides those of this process."""
        return {}

    def prepare(self) -> None:
        """Write configuration and make folders; repeatable. ShopstreamError when something is missing."""
        return None

    def attend_start(self) -> None:
        """Do what its start needs from outside; called several times a second until it is healthy."""
        return None

    def has_started(self) -> None:
        """Note what the next start must know; called once, when it is healthy for the first time."""
        return None

    @abstractmethod
    def healthy(self) -> bool:
        """Ask it for real work and tell whether it answered; answers within about two seconds."""


def http_body(address: Address, path: str) -> bytes | None:
    """GET a path; return the body of a 200 answer, None for any other answer or none at all."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.read() if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def require_java() -> str:
    """Return the path of Java as Flink's scripts choose it: from ``JAVA_HOME`` if set, else from the path."""
    hint = "the stack needs Java 17 or newer, for example `apt-get install openjdk-17-jdk-headless`"
    home = os.environ.get("JAVA_HOME")
    return require_program(f"{home}/bin/java" if home else "java", hint)


def require_program(program: str, hint: str) -> str:
    """Return the path of a program; ShopstreamError with the hint when it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise ShopstreamError(f"{program} is not installed: {hint}")
    return path
