#!/usr/bin/env bash
# Runs the test suites, all of them or the ones named, and closes with each runner's own last word.
# A failing suite does not keep the others from running; the exit code tells.
set -uo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

all_suites=(rust models rust-bindings cli c attack cpp python java install docs cross containers ray instructions)

suite_rust() { cargo test --locked; }

suite_models() { scripts/models.sh; }

# The safe crate and its program; it finds the library in target/release by the settings in .cargo/config.toml.
suite_rust-bindings() { cargo test --locked --package dishtayantra-lmdb --features arrow; }

suite_cli() { cargo test --locked --package dishtayantra-lmdb-cli --target-dir target/cli; }

suite_c() { make --no-print-directory -C tests/c check; }

# A part of what `make attack` does.
suite_attack() { scripts/attack.sh part; }

suite_cpp() { cmake_build tests/cpp build/tests-cpp && ctest --test-dir build/tests-cpp --output-on-failure; }

# Some of these tests use calculators that the C++ suite brings, those of Java, and the demo's.
suite_python() {
    cmake_build tests/cpp build/tests-cpp && cmake_build demo build/demo && scripts/java.sh && "$venv/bin/python" -m pytest tests/python
}

# Maven is quiet: what it ran is said in one line for each JDK.
suite_java() { scripts/java.sh test; }

# Builds programs against a copy in build/install, as others would.
suite_install() { scripts/java.sh && "$venv/bin/python" -m pytest tests/install; }

# Every block of code of every page, run; links; pages that list something.
suite_docs() { scripts/java.sh && "$venv/bin/python" -m pytest tests/docs; }

# Every language against every other, and the calculators of each, as grids.
suite_cross() { scripts/cross.sh; }

# Processes in namespaces of their own share a store and are killed; says so where namespaces are not permitted.
suite_containers() { scripts/containers.sh; }

# Clusters of Ray of several nodes on this machine.
suite_ray() { cmake_build demo build/demo && scripts/java.sh && "$venv/bin/python" -m pytest tests/ray; }

# What the hot paths cost, held against the committed baseline.
suite_instructions() { scripts/java.sh && scripts/callgrind.sh; }

# The lines in which the runners say what they ran.
closing_lines() {
    grep -E '^test result: |tests? passed|attacks: all passed|tests failed out of|^=+ .*(passed|failed|error).* =+$|[0-9]+ (passed|failed)' "$1" || true
}

suites=("$@")
[ "$#" -gt 0 ] || suites=("${all_suites[@]}")
mkdir -p build/logs
failed=()
declare -A took
for suite in "${suites[@]}"; do
    declare -F "suite_$suite" >/dev/null || die "no suite '$suite'; there are: ${all_suites[*]}"
    say "tests: $suite"
    SECONDS=0
    "suite_$suite" 2>&1 | tee "build/logs/test-$suite.log" || failed+=("$suite")
    took[$suite]=$SECONDS
done

say "what ran"
for suite in "${suites[@]}"; do
    closing_lines "build/logs/test-$suite.log" | sed "s/^/$(printf '%-14s' "$suite")/"
    printf '%-14stook %d min %02d s\n' "$suite" $((took[$suite] / 60)) $((took[$suite] % 60))
done
[ "${#failed[@]}" -eq 0 ] || die "failed: ${failed[*]}"
