#!/usr/bin/env bash
# Makes what `make demo` needs: system packages, the Python environment, the JVM operators. With --tests also
# what only `make test` needs: a browser, Prometheus, curl.
#
# Whatever is there already is re-used, so a second run only looks. A run that was interrupted is mended by
# the next one. What the machine lacks and cannot be installed from here is named in one line, at the start.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
purpose="${1:-}"

# shellcheck source=deploy/setup/machine.sh
. deploy/setup/machine.sh
# shellcheck source=deploy/setup/interpreter.sh
. deploy/setup/interpreter.sh
# shellcheck source=deploy/setup/environment.sh
. deploy/setup/environment.sh
# shellcheck source=deploy/setup/operators.sh
. deploy/setup/operators.sh

# Two set-ups at once would write into the same folders: the second waits, then finds all done.
if command -v flock >/dev/null; then
    exec 9<pyproject.toml
    flock 9
fi

look() {
    forget_needs
    find_interpreter
    find_jdk
    find_maven
    find_openmp
    if [ "$purpose" = --tests ]; then
        find_chromium
        find_prometheus
        find_curl
    fi
}

look
if needs_something; then
    install_needs
    look
    if needs_something; then stop_with_needs; fi
fi
make_environment
make_operators
