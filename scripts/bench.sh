#!/usr/bin/env bash
# Runs our benchmarks and the peers side by side and prints one set of markdown tables.
# Native and Python programs take turns for ROUNDS rounds, so that what else the machine does meets all of them alike;
# of each figure's medians the least counts.
# DY_LMDB_BENCH_DIR: where the stores are made (default: the system's temporary directory).
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

rounds=${ROUNDS:-3}
out=build/bench-compare
results=$out/results.tsv
base=${DY_LMDB_BENCH_DIR:-${TMPDIR:-/tmp}}

say "building the benchmarks and the peers"
make --no-print-directory -C bench-compare/c
cmake_build demo build/demo
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench-compare/python/requirements.txt
bench=$(cargo bench --locked --bench engine --no-run --message-format json-render-diagnostics |
    sed -n 's/.*"name":"engine".*"executable":"\([^"]*\)".*/\1/p')
[ -x "$bench" ] || die "cargo did not say where the benchmark is"

# Both sides make their stores in the same file system.
export DY_LMDB_BENCH_DIR=$base
scratch=$(mktemp -d "$base/dy_lmdb_peers.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

: >"$results"
for round in $(seq "$rounds"); do
    say "round $round of $rounds: native operations, sizes up to 1 GB"
    mkdir "$scratch/lmdb.$round"
    "$bench" operations flat >>"$results"
    "$out/lmdb_peer" "$scratch/lmdb.$round" >>"$results"
    rm -rf "$scratch/lmdb.$round"
    say "round $round of $rounds: waking"
    # How soon an idle core wakes changes from one second to the next: short runs, in turns.
    for _ in 1 2 3 4 5; do
        "$bench" wakeup >>"$results"
        "$out/futex_peer" >>"$results"
    done
    say "round $round of $rounds: Python"
    .venv/bin/python bench-compare/python/peers.py --tsv --directory "$base" >>"$results"
    .venv/bin/python bench-compare/python/loans.py --tsv --directory "$base" >>"$results"
done
say "sweeps, opening, puts beside large loans, counting calls"
"$bench" sweep open contention counters >>"$results"

printf '\nLeast medians of %s rounds, %s, %s, %s cores, Linux %s, stores on %s\n' "$rounds" "$(date -u +%Y-%m-%d)" \
    "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r)" "$(df --output=fstype "$base" | tail -n 1)"
.venv/bin/python bench-compare/python/report.py "$results"

say "calls of calculators, puts and gets in Python"
.venv/bin/python bench-compare/python/wrapped_calls.py --directory "$base"
.venv/bin/python bench-compare/python/frames.py --directory "$base"

say "sums of a table's columns in C++ and Rust"
"$out/tables"
cargo bench --locked --package dishtayantra-lmdb --bench tables

say "tables: rows and texts beside msgspec, frames"
.venv/bin/python bench-compare/python/rows.py --directory "$base"
.venv/bin/python bench-compare/python/tables.py --directory "$base"

say "Java, beside lmdbjava"
scripts/java.sh bench
.venv/bin/python bench-compare/python/java_calls.py --directory "$base"
