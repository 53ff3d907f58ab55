"""Kafka: broker and controller in one process (KRaft), run from Maven artifacts."""

import base64
import socket
import subprocess
import uuid
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.stack.address import Address
from deploy.stack.broker_registration import unregister
from deploy.stack.part import Part, require_java
from ingestion.errors import ShopstreamError

_NODE_ID = 1


class Kafka(Part):
    """A single broker. Topics are created by name only, so that a typing error does not make a new one."""

    name = "kafka"
    # A broker that has to recover its log after a crash reads every open segment.
    start_seconds = 120
    stop_seconds = 20

    _died = False
    """Whether the broker before died, and its registration bars the way of this one."""

    @property
    def _folder(self) -> Path:
        return self.settings.home / "kafka"

    @property
    def _registered(self) -> Path:
        return self._folder / "registered"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def addresses(self) -> tuple[Address, ...]:
        """Return the clients' listener and the controller's."""
        return self.settings.address("kafka_bootstrap"), self.settings.address("kafka_controller")

    def command(self) -> list[str]:
        """Return the broker's command line."""
        return self._java("kafka.Kafka", str(self._properties), heap=self.settings.kafka_heap)

    def prepare(self) -> None:
        """Write ``server.properties``; format the storage when it is new.

        An existing log is never formatted again. ShopstreamError without Java or without the broker's jars.
        """
        if not list(self.settings.broker_jars.glob("kafka_*.jar")):
            raise ShopstreamError(
                f"no Kafka broker in {self.settings.broker_jars}: run `mvn -q -B package` in flink_jobs/operators"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = (f"{key}={value}\n" for key, value in self.server_properties().items())
        self._properties.write_text("".join(lines))
        if not (self._data / "meta.properties").exists():
            self._format()
        # A broker that ends in an orderly way says so to its controller, and to the next one by this file.
        self._died = self._registered.exists() and not (self._data / ".kafka_cleanshutdown").exists()

    def server_properties(self) -> dict[str, str]:
        """Return the broker's settings."""
        broker, controller = self.addresses()
        return {
            "process.roles": "broker,controller",
            "node.id": str(_NODE_ID),
            "controller.quorum.voters": f"{_NODE_ID}@{controller}",
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._data),
            # A broker that hangs for a while is to come back as if nothing had been. When it is cut off meanwhile, its
            # partitions change their leader, to none and back, and a transaction under way may be left open for ever.
            # One that died need not wait for its session's end: see attend_start.
            "broker.session.timeout.ms": "60000",
            "auto.create.topics.enable": "false",
            # One broker: nothing can be replicated, and few internal partitions make it start fast.
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "num.network.threads": "2",
            "num.io.threads": "4",
            # The cleaner of compacted topics would otherwise take 128 MB of a small heap.
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            "log.segment.bytes": str(128 * 1024 * 1024),
            "log.retention.hours": "168",
        }

    def attend_start(self) -> None:
        """End the registration of a broker that died, so that this one is let in at once."""
        if self._died and unregister(self.addresses()[1], _NODE_ID):
            self._died = False
            self._registered.unlink()

    def has_started(self) -> None:
        """Note that the broker is registered."""
        self._registered.touch()

    def healthy(self) -> bool:
        """Tell whether the broker has joined its controller and names itself to a client."""
        broker = self.addresses()[0]
        try:
            # Cheap first: the client library would retry and log while nobody listens.
            socket.create_connection((broker.host, broker.port), timeout=1).close()
            admin = KafkaAdminClient(bootstrap_servers=str(broker), request_timeout_ms=2000, bootstrap_timeout_ms=2000)
        except (OSError, KafkaError):
            return False
        try:
            brokers = admin.describe_cluster()["brokers"]
            return [(node["host"], node["port"]) for node in brokers] == [(broker.host, broker.port)]
        except KafkaError:
            return False
        finally:
            admin.close()

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = ["format", f"--cluster-id={cluster_id}", "--config", str(self._properties)]
        # A format that was interrupted leaves a half-made folder, which this option completes.
        command = self._java("kafka.tools.StorageTool", *options, "--ignore-formatted", heap="128m")
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise ShopstreamError(f"Kafka's storage in {self._folder} cannot be formatted: {reason[0]}")

    def _java(self, main: str, *arguments: str, heap: str) -> list[str]:
        return [
            require_java(),
            f"-Xmx{heap}",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss",
            "-cp",
            f"{self.settings.broker_jars.absolute()}/*",
            main,
            *arguments,
        ]
