#!/usr/bin/env bash
# Pins the dependencies of pyproject.toml in requirements.lock; other options go to uv (--upgrade).
# With --check it only says whether the lock still fits: pins that do are kept, so new releases change nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source=deploy/setup/environment.sh
. deploy/setup/environment.sh

lock=requirements.lock
if [ "${1:-}" = --check ]; then
    shift
    lock="$(mktemp)"
    trap 'rm -f "$lock"' EXIT
    cp requirements.lock "$lock"
fi
share_pip_index
.venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
    --override deploy/python/overrides.txt --generate-hashes --no-header --quiet --output-file "$lock" "$@"
if ! diff -u requirements.lock "$lock" >&2; then
    echo "shopstream: requirements.lock does not fit pyproject.toml: run make lock" >&2
    exit 1
fi
