"""ZooKeeper: remembers a highly available cluster's jobs; the server that comes with Flink."""

import socket
from collections.abc import Mapping
from pathlib import Path

from deploy.stack.address import Address
from deploy.stack.flink_conf import write_flink_conf
from deploy.stack.flink_java import FIRST_COMPILER, java_command, java_environment
from deploy.stack.part import Part, require_java


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
        """Return the Java process."""
        main = "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer"
        configuration = str(self.settings.flink_conf / "zoo.cfg")
        return java_command(
            self.settings, ["-Xmx128m", FIRST_COMPILER], main, "--zkConfigFile", configuration, "--peerId", "1"
        )

    def environment(self) -> Mapping[str, str]:
        """Point it at this stack."""
        return java_environment(self.settings)

    def prepare(self) -> None:
        """Write the configuration; a server that was here before keeps its data."""
        require_java()
        write_flink_conf(self.settings)
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
