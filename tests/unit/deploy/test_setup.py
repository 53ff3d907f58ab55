"""The set-up script, run for real; only the programs it calls (java, mvn, apt-get, pip, uv) are stand-ins.

Each stand-in writes its call into a log, so that a test can say what a set-up did and what it left alone.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What any Linux has; everything else a test puts on PATH itself.
BASE_PROGRAMS = (
    *("bash", "cat", "cp", "cut", "dirname", "env", "find", "flock", "id", "mkdir", "mktemp", "rm"),
    *("sed", "sh", "sha256sum", "sort", "touch", "tr", "true", "uname"),
)

JAVA = """#!/bin/sh
echo "    java.home = {home}
    java.specification.version = {version}" >&2
"""

MAVEN = """#!/bin/sh
echo "mvn $*" >> "$CALLS"
mkdir -p target
touch target/shopstream-operators.jar
"""

APT_GET = """#!/bin/sh
echo "apt-get $* ($DEBIAN_FRONTEND)" >> "$CALLS"
case "$*" in
    *install*jdk*) cp "$SPARE/java" "$BIN/java" ;;
esac
case "$*" in
    *install*maven*) cp "$SPARE/mvn" "$BIN/mvn" ;;
esac
case "$*" in
    *install*chromium*) cp "$SPARE/mvn" "$BIN/chromium-browser" ;;
esac
case "$*" in
    *install*prometheus*) cp "$SPARE/mvn" "$BIN/prometheus"; cp "$SPARE/mvn" "$BIN/promtool" ;;
esac
case "$*" in
    *install*curl*) cp "$SPARE/mvn" "$BIN/curl" ;;
esac
"""

# `-c` asks about the version or a module: answered from the file's own lines. `-m venv` copies itself.
PYTHON = """#!/bin/sh
version="{version}"
case "$1 $2" in
    "-c "*version_info*print* | "-c "*print*version_info*) echo "python$version" ;;
    "-c "*version_info*) case "$version" in 3.11 | 3.12) exit 0 ;; esac; exit 1 ;;
    "-c "*ensurepip*) {ensurepip} ;;
    "-m venv")
        echo "venv by $version" >> "$CALLS"
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        ;;
    "-m pip")
        echo "pip $3" >> "$CALLS"
        [ "$3" = install ] || exit 1
        cp "$SPARE/uv" "$(dirname "$0")/uv"
        ;;
    "-m pytest") echo "pytest $3 $4" >> "$CALLS" ;;
esac
"""

UV = """#!/bin/sh
echo "uv $1 $2" >> "$CALLS"
[ ! -e "$SPARE/network_down" ]
"""


class Machine:
    """A checkout and a PATH of their own."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.spare, self.checkout = folder / "bin", folder / "spare", folder / "checkout"
        self.calls_file = folder / "calls"
        for made in (self.bin, self.spare, self.checkout / "flink_jobs/operators/src/main"):
            made.mkdir(parents=True)
        for program in BASE_PROGRAMS:
            (self.bin / program).symlink_to(str(shutil.which(program)))
        shutil.copytree(ROOT / "deploy/setup", self.checkout / "deploy/setup")
        shutil.copytree(ROOT / "deploy/python", self.checkout / "deploy/python")
        (self.checkout / "pyproject.toml").write_text("[project]\n")
        (self.checkout / "requirements.lock").write_text("click==8.1\n")
        (self.checkout / "flink_jobs/operators/pom.xml").write_text("<project/>\n")
        self.put("ldconfig", "#!/bin/sh\necho libgomp.so.1\n")
        jdk = folder / "jdk"
        self.write(jdk / "bin/javac", "#!/bin/sh\n")
        self.write(self.spare / "java", JAVA.format(home=jdk, version=17))
        self.write(self.spare / "mvn", MAVEN)
        self.write(self.spare / "uv", UV)

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def put(self, name: str, text: str) -> None:
        self.write(self.bin / name, text)

    def put_python(self, name: str, version: str, ensurepip: str = "exit 0") -> None:
        self.put(name, PYTHON.format(version=version, ensurepip=ensurepip))

    def put_jdk_and_maven(self) -> None:
        shutil.copy(self.spare / "java", self.bin / "java")
        shutil.copy(self.spare / "mvn", self.bin / "mvn")

    def setup(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.checkout / "deploy/setup/setup.sh"), *options, **environment)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        return subprocess.run(
            command,
            cwd=self.checkout,
            env={
                "PATH": str(self.bin),
                "BIN": str(self.bin),
                "SPARE": str(self.spare),
                "CALLS": str(self.calls_file),
                "TMPDIR": str(self.spare),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with Python 3.11, and neither a JDK nor Maven nor a way to install them."""
    made = Machine(tmp_path)
    made.put_python("python3.11", "3.11")
    return made


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """A machine on which the first set-up has just succeeded."""
    machine.put_jdk_and_maven()
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    return machine


def test_first_run_makes_all_in_order(ready: Machine) -> None:
    calls = [call for call in ready.calls() if call != "pip config"]
    assert calls[:4] == ["venv by 3.11", "pip install", "uv pip sync", "uv pip install"]
    assert calls[4].startswith("mvn ") and calls[4].endswith(" package")
    assert len(calls) == 5


def test_second_run_only_looks(ready: Machine) -> None:
    done = ready.setup()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert ready.calls() == []


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "deploy/python/uv.lock.txt"])
def test_changed_pins_are_synced_into_the_same_environment(ready: Machine, changed: str) -> None:
    with (ready.checkout / changed).open("a") as file:
        file.write("# changed\n")
    assert ready.setup().returncode == 0
    assert "uv pip sync" in ready.calls()
    assert not [call for call in ready.calls() if call.startswith(("venv", "mvn"))]


def test_changed_operator_source_is_built_again(ready: Machine) -> None:
    (ready.checkout / "flink_jobs/operators/src/main/Parser.java").write_text("class Parser {}\n")
    assert ready.setup().returncode == 0
    assert [call.split()[0] for call in ready.calls()] == ["mvn"]
    ready.setup()
    assert ready.calls() == []


def _interrupt(machine: Machine) -> None:
    (machine.checkout / "requirements.lock").write_text("click==8.2\n")
    (machine.spare / "network_down").touch()
    assert machine.setup().returncode != 0
    (machine.spare / "network_down").unlink()


def _lose_python(machine: Machine) -> None:
    (machine.checkout / ".venv/bin/python").unlink()


def _move(machine: Machine) -> None:
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))


@pytest.mark.parametrize("damage", [_interrupt, _lose_python, _move])
def test_useless_environment_is_made_anew(ready: Machine, damage: Callable[[Machine], None]) -> None:
    damage(ready)
    assert ready.setup().returncode == 0
    assert "venv by 3.11" in ready.calls()
    ready.setup()
    assert ready.calls() == []


def test_missing_programs_are_named_in_one_line_before_anything_is_made(machine: Machine) -> None:
    machine.put("sudo", "#!/bin/sh\nexit 1\n")
    done = machine.setup()
    assert done.returncode == 1
    assert done.stderr == (
        "shopstream: Missing: JDK 17+, Maven. Install with: sudo apt-get install -y openjdk-17-jdk-headless maven\n"
    )
    assert machine.calls() == []
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.parametrize("user", ["root", "sudoer"])
def test_missing_programs_are_installed_where_allowed(machine: Machine, user: str) -> None:
    machine.put("id", f"#!/bin/sh\necho {0 if user == 'root' else 1000}\n")
    if user == "sudoer":
        machine.put("sudo", '#!/bin/sh\n[ "$1" = -n ] && shift && exec "$@"\n')
    machine.put("apt-get", APT_GET)
    machine.put("apt-cache", '#!/bin/sh\n[ "$2" != openjdk-17-jdk-headless ]\n')
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    update, install = [call for call in machine.calls() if call.startswith("apt-get")]
    assert update.startswith("apt-get update")
    assert install.endswith(" openjdk-21-jdk-headless maven (noninteractive)")
    assert " -y " in install


def test_without_root_apt_get_is_left_alone(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    machine.put("sudo", "#!/bin/sh\nexit 1\n")
    machine.put("apt-get", APT_GET)
    assert machine.setup().returncode == 1
    assert machine.calls() == []


def test_old_java_home_is_named(machine: Machine, tmp_path: Path) -> None:
    machine.put_jdk_and_maven()
    machine.write(tmp_path / "old/bin/java", JAVA.format(home=tmp_path / "old", version="1.8"))
    done = machine.setup(JAVA_HOME=str(tmp_path / "old"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"shopstream: JAVA_HOME={tmp_path}/old is not a JDK 17 or newer: set it to one, or unset it."
    ]


def test_runtime_without_compiler_asks_for_its_own_jdk(machine: Machine, tmp_path: Path) -> None:
    machine.put_jdk_and_maven()
    machine.put("java", JAVA.format(home=tmp_path / "jre", version=21))
    assert machine.setup().stderr.endswith("sudo apt-get install -y openjdk-21-jdk-headless\n")


def test_missing_openmp_is_named(machine: Machine) -> None:
    machine.put_jdk_and_maven()
    machine.put("ldconfig", "#!/bin/sh\necho libc.so.6\n")
    assert machine.setup().stderr == ("shopstream: Missing: libgomp. Install with: sudo apt-get install -y libgomp1\n")


def test_only_the_tests_need_a_browser_prometheus_and_curl(ready: Machine) -> None:
    assert ready.setup().returncode == 0
    done = ready.setup("--tests")
    assert done.returncode == 1
    assert done.stderr == (
        "shopstream: Missing: Chromium, Prometheus, curl."
        " Install with: sudo apt-get install -y chromium prometheus curl\n"
    )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_any_chromium_will_do(ready: Machine, name: str) -> None:
    for program in (name, "prometheus", "promtool", "curl"):
        ready.put(program, "#!/bin/sh\n")
    done = ready.setup("--tests")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_browser_is_installed_where_allowed(ready: Machine) -> None:
    ready.put("id", "#!/bin/sh\necho 0\n")
    ready.put("apt-get", APT_GET)
    ready.put("apt-cache", '#!/bin/sh\n[ "$2" != chromium ]\n')
    assert ready.setup("--tests").returncode == 0
    assert ready.calls()[-1].endswith(" chromium-browser prometheus curl (noninteractive)")


def test_everything_missing_is_named_at_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.put_python("python3", "3.12", ensurepip="exit 1")
    machine.put("ldconfig", "#!/bin/sh\n")
    done = machine.setup()
    assert done.stderr.splitlines()[1:] == []
    assert done.stderr.endswith("sudo apt-get install -y python3.12-venv openjdk-17-jdk-headless maven libgomp1\n")


def test_a_shim_that_does_not_run_is_passed_over(machine: Machine) -> None:
    machine.put_jdk_and_maven()
    machine.put("python3.12", "#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    assert machine.setup().returncode == 0
    assert machine.calls()[0] == "venv by 3.11"


def test_a_python_behind_such_a_shim_is_found(machine: Machine, tmp_path: Path) -> None:
    machine.put_jdk_and_maven()
    machine.put("python3.12", "#!/bin/sh\nexit 127\n")
    machine.write(tmp_path / "system/python3.12", PYTHON.format(version="3.12", ensurepip="exit 0"))
    assert machine.setup(PATH=f"{machine.bin}:{tmp_path}/system").returncode == 0
    assert machine.calls()[0] == "venv by 3.12"


def test_named_python_wins_and_must_fit(machine: Machine) -> None:
    machine.put_jdk_and_maven()
    machine.put_python("mine", "3.12")
    machine.put_python("python3.13", "3.13")
    refused = machine.setup(SHOPSTREAM_PYTHON="python3.13")
    assert refused.returncode == 1
    assert refused.stderr == (
        "shopstream: SHOPSTREAM_PYTHON=python3.13 is not a Python 3.11 or 3.12 with the venv module.\n"
    )
    assert machine.setup(SHOPSTREAM_PYTHON="mine").returncode == 0
    assert machine.calls()[0] == "venv by 3.12"


def test_only_a_newer_python_is_said_with_its_remedy(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.put_jdk_and_maven()
    machine.put_python("python3", "3.13", ensurepip="exit 1")
    done = machine.setup()
    assert done.returncode == 1
    assert done.stderr == (
        "shopstream: Missing: Python 3.11 or 3.12 (SHOPSTREAM_PYTHON names one elsewhere). "
        "Install with: sudo apt-get install -y python3.12-venv\n"
    )


def test_beside_a_newer_python_uv_fetches_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.put_jdk_and_maven()
    machine.put_python("python3", "3.13")
    machine.write(tmp_path / "managed/python", PYTHON.format(version="3.12", ensurepip="exit 0"))
    machine.write(
        machine.spare / "uv",
        f"""#!/bin/sh
        case "$*" in
            "python install"*) touch "$SPARE/fetched" ;;
            "python find"*) [ -e "$SPARE/fetched" ] && echo {tmp_path}/managed/python ;;
        esac
        """,
    )
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert "venv by 3.12" in machine.calls()


def test_make_formats_and_runs_the_quick_tests(ready: Machine) -> None:
    shutil.copy(ROOT / "Makefile", ready.checkout)
    ready.write(ready.checkout / ".venv/bin/ruff", '#!/bin/sh\necho "ruff $*" >> "$CALLS"\n')
    make = str(shutil.which("make"))
    for target, calls in {
        "format": ["ruff check --fix .", "ruff format ."],
        "test-unit": ["pytest -q tests/unit"],
    }.items():
        done = ready.run(make, target)
        assert (done.returncode, done.stderr) == (0, "")
        assert ready.calls() == calls


def test_help_names_every_target() -> None:
    targets = {
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line[:1].islower() and ":" in line
    }
    shown = subprocess.run(
        ["make", "-C", ROOT], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    ).stdout
    assert targets == {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")}
