# What the machine itself must have (a JDK, Maven, a shared library; a browser for the tests), and how to get it.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*" >&2; }

stop() {
    printf 'shopstream: %s\n' "$*" >&2
    exit 1
}

forget_needs() { need_names=() need_packages=() need_formulas=(); }

needs_something() { [ "${#need_names[@]}" -gt 0 ]; }

# need NAME "DEBIAN_PACKAGE ..." BREW_FORMULA: the first of the packages that the system offers will do.
need() { need_names+=("$1") need_packages+=("$2") need_formulas+=("$3"); }

find_jdk() {
    local java="${JAVA_HOME:+$JAVA_HOME/bin/}java" properties home version
    properties="$("$java" -XshowSettings:properties -version 2>&1 || true)"
    home="$(sed -n 's/^ *java\.home = //p' <<<"$properties")"
    version="$(sed -n 's/^ *java\.specification\.version = //p' <<<"$properties")"
    version="${version#1.}" # Java 8 calls itself 1.8.
    if [ "${version:-0}" -ge 17 ] && [ -x "$home/bin/javac" ]; then return; fi
    if [ -n "${JAVA_HOME:-}" ]; then
        stop "JAVA_HOME=$JAVA_HOME is not a JDK 17 or newer: set it to one, or unset it."
    fi
    # Beside a newer runtime without a compiler, the JDK must be its own: that runtime stays first on PATH.
    if [ "${version:-0}" -lt 17 ]; then version=17; fi
    need "JDK 17+" "openjdk-$version-jdk-headless openjdk-21-jdk-headless default-jdk-headless" openjdk
}

find_maven() {
    command -v mvn >/dev/null || need Maven maven maven
}

# LightGBM's wheel loads the system's OpenMP. ldconfig is often not on the PATH of an ordinary user.
find_openmp() {
    local libraries
    if [ "$(uname -s)" != Linux ]; then return; fi
    libraries="$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)"
    if [[ "$libraries" != *libgomp.so.1* ]]; then need libgomp libgomp1 libomp; fi
}

# The tracker is tested in a real browser. Debian's package; Ubuntu's own is called chromium-browser.
find_chromium() {
    local browser
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null; then return; fi
    done
    need Chromium "chromium chromium-browser" chromium
}

# The alert rules and the dashboards' queries are tested against a real one.
find_prometheus() {
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then return; fi
    need Prometheus prometheus prometheus
}

# The docs' own calls are run as they stand.
find_curl() {
    command -v curl >/dev/null || need curl curl curl
}

# as_root COMMAND ...: fails when neither root nor a sudo without a password is there.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() { command -v apt-get >/dev/null && as_root true 2>/dev/null; }

# Prints, for each need, the first of its packages that apt knows (else the first).
chosen_packages() {
    local alternatives package
    for alternatives in "${need_packages[@]}"; do
        for package in $alternatives; do
            if apt-cache show "$package" >/dev/null 2>&1; then break; fi
            package="${alternatives%% *}"
        done
        printf '%s\n' "$package"
    done
}

install_needs() {
    if ! may_install; then stop_with_needs; fi
    local log packages=() package
    log="$(mktemp)"
    say "Looking up system packages for: $(joined)"
    # A foreign source that is down must not stop us: the packages may come from the others.
    as_root apt-get update -qq >"$log" 2>&1 || true
    while read -r package; do packages+=("$package"); done < <(chosen_packages)
    say "Installing ${packages[*]}"
    # A runlevel other than the machine's own keeps packages from starting services (Prometheus' would).
    if ! as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "${packages[@]}" >>"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        stop_with_needs
    fi
    rm -f "$log"
}

joined() {
    local IFS=,
    sed 's/,/, /g' <<<"${need_names[*]}"
}

stop_with_needs() {
    local command packages
    if [ "$(uname -s)" = Darwin ]; then
        command="brew install ${need_formulas[*]}"
    else
        packages="$(chosen_packages | tr '\n' ' ')"
        command="sudo apt-get install -y ${packages% }"
    fi
    stop "Missing: $(joined). Install with: $command"
}
