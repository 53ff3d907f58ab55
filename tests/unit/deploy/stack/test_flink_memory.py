"""The shares of memory, beside those of Flink's own program for them."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from deploy.stack.flink_conf import flink_home
from deploy.stack.flink_memory import FlinkMemory, job_manager_memory, task_manager_memory
from ingestion.errors import ShopstreamError


def flinks_own(command: str, options: dict[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return what Flink's start scripts would give: Java's options, and the shares."""
    (folder / "config.yaml").write_text("".join(f"{name}: {value}\n" for name, value in options.items()))
    script = f"""
        . {shlex.quote(str(flink_home() / "bin" / "config.sh"))} >/dev/null
        {command}
        echo "java: $JVM_ARGS"
        echo "shares: ${{DYNAMIC_PARAMETERS[*]}}"
    """
    environment = {**os.environ, "FLINK_CONF_DIR": str(folder)}
    # Flink's script finds its folder by the name of the script that runs.
    command_line = ["bash", "-c", script, str(flink_home() / "bin" / "taskmanager.sh")]
    done = subprocess.run(command_line, env=environment, capture_output=True, text=True, check=True)
    java = re.search(r"^java: (.*)", done.stdout, re.MULTILINE)
    assert java, done.stdout + done.stderr
    shares = dict(re.findall(r"(\w+\.memory\.[\w.-]+)=(\S+)", done.stdout))
    return java[1].split(), shares


def bytes_of(texts: Iterable[str]) -> dict[str, int]:
    """Return the sizes in "-Xmx123", "-XX:Name=123" and "name=123b" by what stands before them."""
    return {found[1]: int(found[2]) for text in texts if (found := re.fullmatch(r"(.*\D)(\d+)b?", text))}


def same(ours: FlinkMemory, java: list[str], shares: dict[str, str]) -> None:
    # Flink's fractions have half the digits of ours.
    assert bytes_of(ours.java_options) == pytest.approx(bytes_of(java), abs=1024)
    wanted = bytes_of(f"{name}={size}" for name, size in shares.items() if "metaspace" not in name)
    assert wanted
    assert bytes_of(f"{name}={size}" for name, size in ours.options.items()) == pytest.approx(wanted, abs=1024)


@pytest.mark.parametrize("process", ["2560m", "20g"])
def test_a_task_manager_is_divided_as_by_flink(process: str, tmp_path: Path) -> None:
    options = {"taskmanager.memory.process.size": process, "taskmanager.memory.jvm-metaspace.size": "512m"}
    java, shares = flinks_own("parseTmArgsAndExportLogs", options, tmp_path)
    same(task_manager_memory(process, "512m"), java, shares)


@pytest.mark.parametrize("process", ["1g"])
def test_a_job_manager_is_divided_as_by_flink(process: str, tmp_path: Path) -> None:
    options = {"jobmanager.memory.process.size": process, "jobmanager.memory.jvm-metaspace.size": "384m"}
    java, shares = flinks_own("parseJmArgsAndExportLogs", options, tmp_path)
    same(job_manager_memory(process, "384m"), java, shares)


def test_too_little_says_how_much_is_missing() -> None:
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_FLINK_TASKMANAGER_MEMORY=1000m is 143 MiB too little"):
        task_manager_memory("1000m", "512m")
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_FLINK_JOBMANAGER_MEMORY=700m is 132 MiB too little"):
        job_manager_memory("700m", "384m")
