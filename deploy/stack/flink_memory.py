"""How Flink divides the memory of a process (its manual, "Set up Flink's Process Memory"), worked out here.

Flink's start scripts start a Java process of its own for this sum, which is a second or more of every start.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.errors import ShopstreamError

_MIB = 2**20
_UNITS = {"m": _MIB, "g": 1024 * _MIB}
_FRAMEWORK = 128 * _MIB
"""Flink's own share of the heap, and again outside of it."""


@dataclass(frozen=True, slots=True)
class FlinkMemory:
    """What one process gets, in bytes."""

    java_options: tuple[str, ...]
    """The limits of the Java process."""

    options: Mapping[str, str]
    """Its shares for Flink's configuration, beside the sizes of process and metaspace: no script does the sum."""


def job_manager_memory(process: str, metaspace: str) -> FlinkMemory:
    """Return the shares of a JobManager whose whole ``process`` may take so much, "1g" or "900m".

    Raises ShopstreamError when it is too little to start with.
    """
    total, classes = _bytes(process), _bytes(metaspace)
    overhead = _overhead(total)
    heap = total - classes - overhead - _FRAMEWORK
    _check("SHOPSTREAM_FLINK_JOBMANAGER_MEMORY", process, heap, _FRAMEWORK)
    options = {
        "heap.size": heap,
        "off-heap.size": _FRAMEWORK,
        "jvm-overhead.min": overhead,
        "jvm-overhead.max": overhead,
    }
    return FlinkMemory(_java(heap, classes), _named("jobmanager", options))


def task_manager_memory(process: str, metaspace: str) -> FlinkMemory:
    """Return the shares of a TaskManager, as above: of Flink's part two fifths for state, a tenth for the network."""
    total, classes = _bytes(process), _bytes(metaspace)
    overhead = _overhead(total)
    flink = total - classes - overhead
    managed, network = int(flink * 0.4), max(64 * _MIB, int(flink * 0.1))
    task = flink - managed - network - 2 * _FRAMEWORK
    _check("SHOPSTREAM_FLINK_TASKMANAGER_MEMORY", process, task, 0)
    options = {
        "framework.heap.size": _FRAMEWORK,
        "framework.off-heap.size": _FRAMEWORK,
        "task.heap.size": task,
        "task.off-heap.size": 0,
        "managed.size": managed,
        "network.min": network,
        "network.max": network,
        "jvm-overhead.min": overhead,
        "jvm-overhead.max": overhead,
    }
    direct = f"-XX:MaxDirectMemorySize={_FRAMEWORK + network}"
    return FlinkMemory((*_java(_FRAMEWORK + task, classes), direct), _named("taskmanager", options))


def _bytes(size: str) -> int:
    return int(size[:-1]) * _UNITS[size[-1]]


def _overhead(total: int) -> int:
    return min(max(192 * _MIB, int(total * 0.1)), 1024 * _MIB)


def _java(heap: int, metaspace: int) -> tuple[str, ...]:
    return f"-Xmx{heap}", f"-Xms{heap}", f"-XX:MaxMetaspaceSize={metaspace}"


def _named(process: str, options: Mapping[str, int]) -> dict[str, str]:
    return {f"{process}.memory.{name}": f"{size}b" for name, size in options.items()}


def _check(setting: str, value: str, left: int, least: int) -> None:
    if left < least:
        missing = -((left - least) // _MIB)
        raise ShopstreamError(f"{setting}={value} is {missing} MiB too little for Flink: give more.")
