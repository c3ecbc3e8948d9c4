#!/usr/bin/env bash
# Formatting, lints and types of every language here, and generated files against what makes them.
# Every check runs; the exit code tells whether one failed.
set -uo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python_sources=(bindings/python bindings/python-engine tests/python tests/attack tests/cross tests/containers tests/soak tests/install tests/packages tests/docs tests/ray tests/fixtures scripts/book.py scripts/c_comments.py tests/browser demo bench-compare benches rust-examples templates)
failed=()

check() {
    local name=$1
    shift
    say "lint: $name"
    "$@" || failed+=("$name")
}

in_directory() {
    local directory=$1
    shift
    (cd "$directory" && "$@")
}

for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 ||
        die "cargo $component is missing: 'rustup component add rustfmt clippy', or Debian's packages rustfmt rust-clippy"
done
check "cargo fmt" cargo fmt --all --check
check "cargo clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
check "cargo clippy, arrow" cargo clippy --locked --package dishtayantra-lmdb --all-targets --features arrow -- -D warnings
check "cargo fmt, models" cargo fmt --manifest-path tests/models/Cargo.toml --check
check "cargo fmt, fuzz targets" cargo fmt --manifest-path fuzz/Cargo.toml --check
check "cargo fmt, template" in_directory templates/rust cargo fmt --check
check "cargo clippy, template" in_directory templates/rust env CARGO_TARGET_DIR="$root/build/templates/rust" \
    cargo clippy --locked --quiet -- -D warnings
# In its directory, whose settings tell where it is built.
check "cargo fmt, cross peer" in_directory tests/cross/peers/rust cargo fmt --check
check "cargo clippy, cross peer" in_directory tests/cross/peers/rust cargo clippy --locked --all-targets -- -D warnings
check "cargo doc, bindings/rust" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps --package dishtayantra-lmdb
check "header drift" cargo test --locked --quiet --test engine -- header:: abi::
check "bindings drift" cargo test --locked --quiet --package dishtayantra-lmdb --test sys
check "golden documents" "$venv/bin/python" tests/fixtures/make_documents.py --check
check "golden tables" "$venv/bin/python" tests/fixtures/make_tables.py --check
check "golden arrays" "$venv/bin/python" tests/fixtures/make_arrays.py --check
check "ruff check" "$venv/bin/ruff" check "${python_sources[@]}"
check "ruff format" "$venv/bin/ruff" format --check "${python_sources[@]}"
# A cache of its own for each set of settings: mypy does not survive finding the other's.
check "mypy, package" "$venv/bin/mypy" --cache-dir build/mypy/package --strict --config-file bindings/python/pyproject.toml bindings/python/src
check "mypy, import hook" "$venv/bin/mypy" --cache-dir build/mypy/package --strict --config-file bindings/python/pyproject.toml \
    bindings/python-engine/src
check "type completeness" scripts/types.sh
check "mypy, demo and bench" "$venv/bin/mypy" --cache-dir build/mypy/demo --config-file mypy.ini demo bench-compare/python benches/instructions
check "mypy, containers" env MYPYPATH=tests/cross "$venv/bin/mypy" --cache-dir build/mypy/containers --config-file mypy.ini \
    --follow-imports=silent tests/containers
check "shellcheck" shellcheck -x scripts/*.sh .ci/run

[ "${#failed[@]}" -eq 0 ] || die "failed: ${failed[*]}"
say "lint: clean"
