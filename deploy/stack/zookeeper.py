"""ZooKeeper: remembers a highly available cluster's jobs; the server that comes with Flink."""

import socket
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.address import Address
from deploy.stack.flink_conf import flink_environment, flink_home, write_flink_conf
from deploy.stack.part import Part, require_java, require_program


class ZooKeeper(Part):
    """One server, with ``SHOPSTREAM_HIGH_AVAILABILITY``: a JobManager that was killed finds its jobs here again."""

    name = "zookeeper"

    @property
    def _folder(self) -> Path:
        return self.settings.home / "zookeeper"

    def addresses(self) -> tuple[Address, ...]:
        """Return the clients' listener."""
        return (self.settings.address("zookeeper"),)

    def command(self) -> list[str]:
        """Return Flink's start script in the foreground; the Java process is its child."""
        return ["bash", str(flink_home() / "bin" / "zookeeper.sh"), "start-foreground", "1"]

    def environment(self) -> Mapping[str, str]:
        """Point the script at this stack."""
        return {
            **flink_environment(self.settings),
            "FLINK_PID_DIR": str(self._folder / "pid"),
            "FLINK_LOG_DIR": str(self._folder / "log"),
            "JVM_ARGS": "-Xmx128m",
        }

    def prepare(self) -> None:
        """Write the configuration; a server that was here before keeps its data."""
        require_program("bash", "Flink's start scripts need it")
        require_java()
        write_flink_conf(self.settings)
        (self._folder / "log").mkdir(parents=True, exist_ok=True)
        address = self.addresses()[0]
        settings = {
            "tickTime": 1000,
            "initLimit": 10,
            "syncLimit": 5,
            "dataDir": self._folder / "data",
            "clientPort": address.port,
            "clientPortAddress": address.host,
            # A server by itself opens neither of these ports, but must be told of them.
            "server.1": f"{address.host}:1:2",
            "admin.enableServer": "false",
        }
        lines = (f"{name}={value}\n" for name, value in settings.items())
        (self.settings.flink_conf / "zoo.cfg").write_text("".join(lines))

    def healthy(self) -> bool:
        """Ask it for its state, by its four-letter command."""
        address = self.addresses()[0]
        try:
            with socket.create_connection((address.host, address.port), timeout=2) as connection:
                connection.settimeout(2)
                connection.sendall(b"srvr")
                return connection.recv(64).startswith(b"Zookeeper version")
        except OSError:
            return False
