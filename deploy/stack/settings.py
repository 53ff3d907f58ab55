"""Settings of the local stack: where each part listens, how much memory it takes, where its state lies."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.stack.address import Address, free_ports
from ingestion.errors import ShopstreamError

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the packages; parts run here."""

MEMORY = r"^[1-9][0-9]*[mg]$"


class StackSettings(BaseSettings):
    """What `shopstream up` starts. The parts listen at the very addresses that the clients connect to."""

    model_config = SettingsConfigDict(env_prefix="SHOPSTREAM_", frozen=True, extra="ignore")

    state: Path = Path(".shopstream")
    """Folder of state, logs and run records; relative to the working directory."""

    kafka_bootstrap: str = "127.0.0.1:19092"
    """Kafka's ``host:port`` for clients."""

    kafka_controller: str = "127.0.0.1:19093"
    """Kafka's ``host:port`` for its own controller quorum."""

    redis: str = "127.0.0.1:16379"
    """``host:port`` of Valkey, which speaks the Redis protocol."""

    flink_rest: str = "127.0.0.1:18081"
    """``host:port`` of Flink's REST interface and web page."""

    flink_rpc: str = "127.0.0.1:18082"
    """``host:port`` where Flink's TaskManager finds the JobManager."""

    zookeeper: str = "127.0.0.1:18083"
    """``host:port`` of ZooKeeper, which runs only with high availability."""

    high_availability: bool = False
    """Keep the cluster's jobs in ZooKeeper: they go on by themselves when the JobManager was killed."""

    mlflow: str = "http://127.0.0.1:15000"
    """URL of MLflow's server and web page."""

    scorer: str = "127.0.0.1:18000"
    """``host:port`` of the scorer."""

    kafka_heap: str = Field(default="512m", pattern=MEMORY)
    """Java heap of the broker."""

    flink_jobmanager_memory: str = Field(default="1g", pattern=MEMORY)
    """Whole process size of Flink's JobManager."""

    flink_taskmanager_memory: str = Field(default="2560m", pattern=MEMORY)
    """Whole process size of Flink's TaskManager."""

    flink_taskmanager_java: str = "-XX:+UseParallelGC"
    """Java options of Flink's TaskManager, separated by spaces. G1, Java's default, costs the job an eighth of its
    speed on two cores."""

    flink_state: Literal["rocksdb", "heap"] = "rocksdb"
    """Where jobs keep their state: on disk, or in the Java heap, which is faster and must then hold all of it."""

    flink_metrics_ports: str | None = Field(default=None, pattern=r"^([0-9]{1,5}-[0-9]{1,5})?$")
    """Range of ports of which Flink's JobManager and TaskManager each take a free one for Prometheus, e.g.
    ``19250-19251``; none: they tell it nothing. Flink binds these on every network interface."""

    flink_slots: int = Field(default=2, ge=1)
    """Parallel pipelines that the TaskManager can hold."""

    checkpoint_seconds: float = Field(default=10, gt=0)
    """Time between checkpoints of a job that does not say otherwise."""

    broker_jars: Path = ROOT / "flink_jobs" / "operators" / "target" / "broker"
    """Folder of the Kafka broker's jars, which the Maven build of the operators fetches."""

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the settings from the environment; ShopstreamError names the first bad variable."""
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            variable = "SHOPSTREAM_" + str(first["loc"][0]).upper()
            raise ShopstreamError(f"{variable}={first['input']} cannot be used: {first['msg']}") from error

    @classmethod
    def on_free_ports(cls, state: Path, **values: Any) -> Self:
        """Return settings whose ports are free now, with their state in this folder: for tests. Fails as load does."""
        names = (
            "kafka_bootstrap",
            "kafka_controller",
            "redis",
            "flink_rest",
            "flink_rpc",
            "zookeeper",
            "scorer",
            "mlflow",
        )
        addresses = [f"127.0.0.1:{port}" for port in free_ports(len(names))]
        chosen = dict(zip(names, addresses, strict=True))
        chosen["mlflow"] = f"http://{chosen['mlflow']}"
        return cls.load(state=state, **(chosen | values))

    @property
    def home(self) -> Path:
        """The state folder as an absolute path."""
        return self.state.absolute()

    @property
    def logs(self) -> Path:
        """Folder of the logs, one file a part."""
        return self.home / "logs"

    @property
    def flink_conf(self) -> Path:
        """Folder with Flink's configuration: ``FLINK_CONF_DIR`` of the cluster and of ``flink run``."""
        return self.home / "flink" / "conf"

    def address(self, field: str) -> Address:
        """Return an address above by its field's name; ShopstreamError when it is not on loopback."""
        return Address.parse(getattr(self, field), f"SHOPSTREAM_{field.upper()}")

    def environment(self) -> dict[str, str]:
        """Return the variables that make every shopstream program a client of this stack."""
        return {
            "SHOPSTREAM_STATE": str(self.home),
            "SHOPSTREAM_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "SHOPSTREAM_REDIS": self.redis,
            "SHOPSTREAM_FLINK_REST": self.flink_rest,
            "SHOPSTREAM_MLFLOW": self.mlflow,
            "SHOPSTREAM_SCORER": self.scorer,
        }
