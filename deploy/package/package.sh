#!/usr/bin/env bash
# Packs the Flink jobs for a cluster that has none of our code: dist/shopstream-jobs-VERSION.tar.gz holds our wheel and
# the Python packages that a job needs at the versions of requirements.lock, the jars, and what README.md in it says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source=deploy/setup/machine.sh
. deploy/setup/machine.sh
# shellcheck source=deploy/setup/interpreter.sh
. deploy/setup/interpreter.sh
# shellcheck source=deploy/setup/environment.sh
. deploy/setup/environment.sh
share_pip_index

uv=(.venv/bin/uv --quiet)
version="$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("shopstream"))')"
minor="$(minor_version .venv/bin/python)"
name="shopstream-jobs-$version"
target_folder="${SHOPSTREAM_PACKAGE_FOLDER:-dist}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
folder="$scratch/$name"
mkdir -p "$folder/bin" "$folder/python"

say "Collecting the packages of a job"
"${uv[@]}" pip compile --group job --python .venv/bin/python --constraints requirements.lock \
    --override deploy/python/overrides.txt --no-header --no-annotate --output-file "$scratch/job.txt" >/dev/null
# Flink's own jars and scripts are the cluster's.
grep -v '^apache-flink-libraries==' "$scratch/job.txt" >"$scratch/packages.txt"
"${uv[@]}" pip install --python .venv/bin/python --target "$folder/python" --no-deps \
    --build-constraints deploy/python/build.lock.txt --requirements "$scratch/packages.txt"
"${uv[@]}" build --wheel --python .venv/bin/python --build-constraints deploy/python/build.lock.txt \
    --out-dir "$scratch" .
"${uv[@]}" pip install --python .venv/bin/python --target "$folder/python" --no-deps "$scratch"/shopstream-*.whl
rm -rf "$folder/python/bin" "$folder/python/flink_jobs/operators" "$folder"/python/pyflink/{lib,opt,plugins,conf,examples,log}
find "$folder/python" -name __pycache__ -type d -prune -exec rm -rf {} +
find "$folder/python" -name tests -type d -prune -exec rm -rf {} +

sed -e "s/@PYTHON@/$minor/" deploy/package/python.sh >"$folder/bin/python"
chmod 755 "$folder/bin/python"
sed -e "s/@PYTHON@/$minor/" -e "s/@NAME@/$name/" deploy/package/README.md >"$folder/README.md"

say "Packing"
target="$folder/python/flink_jobs/operators/target"
mkdir -p "$target/connectors"
cp flink_jobs/operators/target/shopstream-operators.jar "$target/"
cp flink_jobs/operators/target/connectors/*.jar "$target/connectors/"
mkdir -p "$target_folder"
tar -C "$scratch" -czf "$target_folder/$name.tar.gz" "$name"
say "$target_folder/$name.tar.gz, $(du -h "$target_folder/$name.tar.gz" | cut -f1): its README.md says how to submit it"
