# Sourced by the other scripts: the project's root, its tools, and how they speak.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

venv="$root/.venv"
# The crate of the library.
engine=dishtayantra-lmdb-engine
library="$root/target/release/libdishtayantra_lmdb.so"
# What packages carry; scripts/strip.sh makes it.
stripped="$root/target/stripped/libdishtayantra_lmdb.so"

# rustup's directory is not on the PATH of every shell.
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
    export PATH="$HOME/.cargo/bin:$PATH"
fi

# The compiler's LLVM by its major version, and the profile of the library's hot paths that it can read.
llvm=$(rustc -vV 2>/dev/null | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p') || true
profile="$root/benches/profile/$(uname -m)-llvm$llvm.profdata"

# A make below another one would tell of every directory it enters.
unset MAKEFLAGS MAKELEVEL

say() { printf '==> %s\n' "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# cmake_build SOURCE TREE: configures once, then builds what changed.
cmake_build() {
    if [ ! -e "$2/CMakeCache.txt" ]; then
        mkdir -p "$2"
        cmake -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DPython_EXECUTABLE="$venv/bin/python" \
            -DDISHTAYANTRA_LMDB_ROOT="$root" >"$2/configure.log" 2>&1 || {
            cat "$2/configure.log" >&2
            rm -f "$2/CMakeCache.txt"
            return 1
        }
    fi
    cmake --build "$2" --parallel "$(nproc)"
}
