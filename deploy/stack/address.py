"""An address on loopback that a part of the stack listens on."""

import errno
import ipaddress
import random
import socket
from typing import NamedTuple

from deploy.stack.process import holder_of, name_of
from ingestion.errors import ShopstreamError


class Address(NamedTuple):
    """Host and port of one listening socket, and the setting that chose it."""

    host: str
    port: int
    variable: str
    """Environment variable a person changes to move this address."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, variable: str) -> "Address":
        """Read ``host:port`` or ``http://host:port``.

        Raises ShopstreamError for anything else, and for a host that is not IPv4 loopback: the stack has no
        passwords, so nobody else may reach it.
        """
        host, _, port = text.removeprefix("http://").rstrip("/").rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ShopstreamError(f"{variable}={text} is not an address: write it as 127.0.0.1:PORT")
        if not _is_loopback(host):
            raise ShopstreamError(
                f"{variable}={text} is not on loopback, and the local stack listens there only: "
                f"set it to 127.0.0.1:{port}, or leave this part out of `shopstream up`"
            )
        return cls(host, int(port), variable)

    def is_free(self) -> bool:
        """Tell whether a server could listen here now."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do: a connection in TIME_WAIT does not hold the port, a listener does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise ShopstreamError(
                    f"cannot listen on {self} ({self.variable}): {error.strerror}; choose another address"
                ) from error
            return True

    def taken_sentence(self, part: str) -> str:
        """Say who holds this port, as far as the system lets this user see it."""
        pid = holder_of(self.port)
        who = "another program" if pid is None else f"pid {pid} ({name_of(pid)})"
        return f"port {self.port} ({part}, {self.variable}) is taken by {who}"


def free_ports(count: int) -> list[int]:
    """Return different ports that nobody listens on, below the range that outgoing connections use."""
    candidates = random.sample(range(20_000, 32_000), 400)
    ports = [port for port in candidates if Address("127.0.0.1", port, "").is_free()]
    if len(ports) < count:
        raise ShopstreamError(f"found fewer than {count} free ports between 20000 and 32000")
    return ports[:count]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False
