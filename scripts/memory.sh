#!/usr/bin/env bash
# Makes each call a million times from Rust, C and Python, the slow ones ten thousand times: the process must not grow.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Three rounds, the first of which does not count.
export DY_MEMORY_CALLS=${CALLS:-333334}
say "Rust"
cargo test --locked --test engine memory:: -- --nocapture
say "C"
make --no-print-directory -C tests/c memory
say "Python"
"$venv/bin/python" -m pytest -q -s tests/python/test_memory_of_calls.py
