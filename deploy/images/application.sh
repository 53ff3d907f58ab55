#!/usr/bin/env bash
# Installs what runs in production, at the versions of requirements.lock and without the tools of a developer, into
# an environment of its own: application.sh FOLDER
set -euo pipefail
folder="${1:?"name the folder of the new environment"}"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source=deploy/setup/environment.sh
. deploy/setup/environment.sh
share_pip_index

uv=(.venv/bin/uv --quiet)
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
"${uv[@]}" pip compile pyproject.toml --python .venv/bin/python --constraints requirements.lock \
    --override deploy/python/overrides.txt --no-header --no-annotate --output-file "$scratch/application.txt" >/dev/null
"${uv[@]}" venv --python "$(.venv/bin/python -c 'import sys; print(sys._base_executable)')" "$folder"
"${uv[@]}" pip install --python "$folder/bin/python" --no-deps \
    --build-constraints deploy/python/build.lock.txt --requirements "$scratch/application.txt"
"${uv[@]}" pip install --python "$folder/bin/python" --no-deps --build-constraints deploy/python/build.lock.txt .
