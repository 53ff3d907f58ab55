"""Flink's configuration folder: one for the JobManager, the TaskManager and `flink run`."""

import importlib.util
import json
import os
import re
from pathlib import Path

from deploy.stack.flink_memory import FlinkMemory, job_manager_memory, task_manager_memory
from deploy.stack.settings import StackSettings
from ingestion.errors import ShopstreamError

_LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.{name}.ref = {name}
appender.{name}.name = {name}
appender.{name}.type = {type}
appender.{name}.layout.type = PatternLayout
appender.{name}.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss,SSS}} %-5p %c{{1.}} %x - %m%n
# Every client prints its whole configuration at this level; the connector's classes have a name before theirs.
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
logger.shaded.name = org.apache.flink.kafka.shaded.org.apache.kafka
logger.shaded.level = WARN
logger.netty.name = org.jboss.netty.channel.DefaultChannelPipeline
logger.netty.level = OFF
"""


_JOBMANAGER_CLASSES, _TASKMANAGER_CLASSES = "384m", "512m"
"""Metaspace: each submitted job loads its own classes, PyFlink and Hadoop among them."""


def flink_home() -> Path:
    """Return the Flink distribution inside the PyFlink wheel; ShopstreamError when there is none."""
    found = importlib.util.find_spec("pyflink")
    if found is None or found.origin is None:
        raise ShopstreamError("PyFlink is not installed in this environment: install apache-flink==2.3.0")
    return Path(found.origin).parent


def flink_environment(settings: StackSettings) -> dict[str, str]:
    """Return the variables that make Flink's scripts, `flink run` among them, use this stack's cluster."""
    return {
        "FLINK_HOME": str(flink_home()),
        "FLINK_CONF_DIR": str(settings.flink_conf),
        "FLINK_LOG_DIR": str(settings.logs),
        "FLINK_IDENT_STRING": "shopstream",
    }


def write_flink_conf(settings: StackSettings) -> None:
    """Write the configuration folder whole; the same settings give the same files."""
    folder = settings.flink_conf
    folder.mkdir(parents=True, exist_ok=True)
    # A JSON string is a YAML string, whatever it holds.
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in cluster_options(settings).items())
    _replace(folder / "config.yaml", "".join(lines))
    _replace(folder / "log4j-console.properties", _LOG4J.format(name="console", type="CONSOLE"))
    _replace(
        folder / "log4j-cli.properties",
        _LOG4J.format(name="file", type="FILE") + "appender.file.fileName = ${sys:log.file}\n",
    )


def cluster_options(settings: StackSettings) -> dict[str, str | float | bool]:
    """Return the cluster's options. Everything listens on loopback; state goes to files."""
    rest, rpc = settings.address("flink_rest"), settings.address("flink_rpc")
    folder = settings.home / "flink"
    return {
        **_high_availability(settings),
        **_metrics(settings),
        # A process that is gone is missed after two beats, one that hangs after the timeout; Flink's own 10 s and 50 s
        # suit large clusters.
        "heartbeat.interval": "1 s",
        "heartbeat.timeout": "15 s",
        "env.java.opts.all": java_options(),
        "env.java.opts.taskmanager": settings.flink_taskmanager_java,
        "jobmanager.rpc.address": rpc.host,
        "jobmanager.rpc.port": rpc.port,
        "jobmanager.bind-host": rpc.host,
        "taskmanager.host": rpc.host,
        "taskmanager.bind-host": rpc.host,
        "taskmanager.numberOfTaskSlots": settings.flink_slots,
        "taskmanager.cpu.cores": float(settings.flink_slots),
        "jobmanager.memory.process.size": settings.flink_jobmanager_memory,
        "jobmanager.memory.jvm-metaspace.size": _JOBMANAGER_CLASSES,
        **memory_of_jobmanager(settings).options,
        "taskmanager.memory.process.size": settings.flink_taskmanager_memory,
        "taskmanager.memory.jvm-metaspace.size": _TASKMANAGER_CLASSES,
        **memory_of_taskmanager(settings).options,
        "rest.address": rest.host,
        "rest.bind-address": rest.host,
        "rest.port": rest.port,
        "rest.bind-port": str(rest.port),
        "web.submit.enable": True,
        "web.cancel.enable": True,
        "web.tmpdir": str(folder / "web"),
        "parallelism.default": 1,
        # A TaskManager that comes up before its JobManager would otherwise wait ten seconds to ask again.
        "cluster.registration.error-delay": "1 s",
        "state.backend.type": {"rocksdb": "rocksdb", "heap": "hashmap"}[settings.flink_state],
        # The stores of all operators share these; at a checkpoint each would wait until those before it are on disk.
        "state.backend.rocksdb.thread.num": 16,
        "execution.checkpointing.interval": f"{round(settings.checkpoint_seconds * 1000)} ms",
        "execution.checkpointing.incremental": True,
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
        # So that a job can be resumed after a cancel or a crash of the cluster.
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "1 s",
        # The wait grows by half with each failure, to this; after half a minute without one it begins anew. With
        # Flink's own hour, a job that a few unrelated failures hit within it waits longer after each.
        "restart-strategy.exponential-delay.max-backoff": "20 s",
        "restart-strategy.exponential-delay.reset-backoff-threshold": "30 s",
        # A connector keeps threads for a while after its job has ended.
        "classloader.check-leaked-classloader": False,
    }


def memory_of_jobmanager(settings: StackSettings) -> FlinkMemory:
    """Return the JobManager's memory."""
    return job_manager_memory(settings.flink_jobmanager_memory, _JOBMANAGER_CLASSES)


def memory_of_taskmanager(settings: StackSettings) -> FlinkMemory:
    """Return the TaskManager's memory."""
    return task_manager_memory(settings.flink_taskmanager_memory, _TASKMANAGER_CLASSES)


def _high_availability(settings: StackSettings) -> dict[str, str]:
    """Return where jobs are remembered: with ZooKeeper's sessions as short as a JobManager may be missed."""
    if not settings.high_availability:
        return {}
    return {
        "high-availability.type": "zookeeper",
        "high-availability.zookeeper.quorum": str(settings.address("zookeeper")),
        "high-availability.storageDir": (settings.home / "flink" / "ha").as_uri(),
        "high-availability.jobmanager.port": str(settings.address("flink_rpc").port),
        "high-availability.zookeeper.client.session-timeout": "8 s",
        "high-availability.zookeeper.client.connection-timeout": "5 s",
    }


def _metrics(settings: StackSettings) -> dict[str, str]:
    """Return where Prometheus finds the metrics: each process takes the first free port of the range."""
    if not settings.flink_metrics_ports:
        return {}
    return {
        "metrics.reporters": "prometheus",
        "metrics.reporter.prometheus.factory.class": "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
        "metrics.reporter.prometheus.port": settings.flink_metrics_ports,
    }


def java_options() -> str:
    """Return the module flags that this Flink needs on this Java, as its own configuration gives them."""
    text = (flink_home() / "conf" / "config.yaml").read_text()
    found = re.search(r"^\s+all: (--add-.*)$", text, re.MULTILINE)
    if found is None:
        raise ShopstreamError(f"{flink_home()}/conf/config.yaml names no Java options: reinstall apache-flink==2.3.0")
    return found[1].strip()


def _replace(path: Path, text: str) -> None:
    # The two Flink parts write the same files while the other may read them: never show a half-written one.
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{id(text):x}")
    scratch.write_text(text)
    scratch.replace(path)
