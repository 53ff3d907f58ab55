# The Python environment in .venv, exactly as requirements.lock says.
#
# .venv/.shopstream holds "CHECKOUT DIGEST" of what was installed, and "unfinished" while that is under way.
# shellcheck shell=bash

pip_options=(--quiet --disable-pip-version-check --require-hashes)

# Slow links: a single wheel is over 200 MB.
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}" PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-180}"

digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1; }

# An environment that was moved, lost its Python or was left unfinished is of no use; one made by hand is.
environment_usable() {
    supported .venv/bin/python || return 1
    local state=""
    if [ -f .venv/.shopstream ]; then state="$(<.venv/.shopstream)"; fi
    [ -z "$state" ] || [ "${state% *}" = "$(pwd -P)" ]
}

# uv does not read pip's configuration: a mirror named there is meant for it too.
share_pip_index() {
    local index
    index="${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}"
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"; fi
}

make_environment() {
    local want state=""
    want="$(pwd -P) $(cat pyproject.toml requirements.lock deploy/python/*.lock.txt | digest)"
    if [ -f .venv/.shopstream ]; then state="$(<.venv/.shopstream)"; fi
    if [ "$interpreter" = .venv/bin/python ] && [ "$state" = "$want" ]; then return; fi

    say "Installing the Python packages into .venv (about 2 GB; minutes the first time)"
    if [ "$interpreter" = .venv/bin/python ]; then
        echo unfinished >.venv/.shopstream
    else
        rm -rf .venv
        mkdir .venv
        echo unfinished >.venv/.shopstream
        "$interpreter" -m venv .venv
    fi
    .venv/bin/python -m pip install "${pip_options[@]}" -r deploy/python/uv.lock.txt

    share_pip_index
    local uv=(.venv/bin/uv pip) options=(--python .venv/bin/python --build-constraints deploy/python/build.lock.txt)
    if [ ! -t 2 ]; then options+=(--quiet); fi # A log wants no progress bars and no list of 170 packages.
    "${uv[@]}" sync "${options[@]}" --require-hashes requirements.lock
    "${uv[@]}" install "${options[@]}" --no-deps --editable .
    echo "$want" >.venv/.shopstream
}
