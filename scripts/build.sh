#!/usr/bin/env bash
# Builds the release library and the modules that Python loads: of C++ in build/cpp-examples, and build/demo with "demo";
# of Rust in .venv.
# With "cli" it builds the command-line tool alone, which has the engine linked in.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ "${1:-}" = cli ]; then
    say "building target/cli/release/dishtayantra-lmdb"
    cargo build --release --locked --package dishtayantra-lmdb-cli --target-dir target/cli
    exit
fi

scripts/library.sh
scripts/strip.sh

say "building the C++ calculators in build/cpp-examples"
cmake_build cpp-examples build/cpp-examples
if [ "${1:-}" = demo ]; then
    say "building the demo's C++ module in build/demo"
    cmake_build demo build/demo
fi

say "building the Rust calculators into .venv"
(cd rust-examples && VIRTUAL_ENV="$venv" "$venv/bin/maturin" develop --release --locked --quiet)
