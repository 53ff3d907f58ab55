# Which Python makes the environment: sets `interpreter` (empty when one has to be installed first).
# shellcheck shell=bash

# PyFlink 2.3 has wheels for 3.11 and 3.12 only. Being there is not enough: a version manager's shim may stand
# on PATH, before the system's own, for a version that is not active.
supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; }

# Debian keeps ensurepip in a package of its own.
makes_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_interpreter() {
    local candidate without_venv=""
    interpreter=""
    if environment_usable; then
        interpreter=.venv/bin/python
        return
    fi
    if [ -n "${SHOPSTREAM_PYTHON:-}" ]; then
        if ! supported "$SHOPSTREAM_PYTHON" || ! makes_environments "$SHOPSTREAM_PYTHON"; then
            stop "SHOPSTREAM_PYTHON=$SHOPSTREAM_PYTHON is not a Python 3.11 or 3.12 with the venv module."
        fi
        interpreter="$SHOPSTREAM_PYTHON"
        return
    fi
    while read -r candidate; do
        supported "$candidate" || continue
        if makes_environments "$candidate"; then
            interpreter="$candidate"
            return
        fi
        without_venv="${without_venv:-$candidate}"
    done < <(type -aP python3.12 python3.11 python3)
    if [ -n "$without_venv" ]; then
        need "venv for $without_venv" "$(minor_version "$without_venv")-venv python3-venv" python@3.12
        return
    fi
    interpreter="$(downloaded_interpreter || true)"
    if [ -n "$interpreter" ]; then return; fi
    local packages="python3.12-venv python3.11-venv"
    # A system too new to offer either can still give its own Python what it takes to run uv.
    if command -v python3 >/dev/null && ! makes_environments python3; then packages+=" python3-venv"; fi
    need "Python 3.11 or 3.12 (SHOPSTREAM_PYTHON names one elsewhere)" "$packages" python@3.12
}

minor_version() { "$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'; }

# With only another Python here, uv may know a fitting one, or fetch it. Prints nothing when neither works.
downloaded_interpreter() {
    local uv=uv scratch=""
    if ! command -v uv >/dev/null; then
        makes_environments python3 || return 1
        scratch="$(mktemp -d)"
        uv="$scratch/bin/uv"
        if ! { python3 -m venv "$scratch" && "$scratch/bin/python" -m pip install "${pip_options[@]}" \
            -r deploy/python/uv.lock.txt; } >/dev/null 2>&1; then
            rm -rf "$scratch"
            return 1
        fi
    fi
    "$uv" python find --system 3.12 2>/dev/null || {
        say "Fetching Python 3.12"
        "$uv" python install --quiet 3.12 >/dev/null 2>&1 && "$uv" python find --system --managed-python 3.12 2>/dev/null
    } || true
    if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
}
