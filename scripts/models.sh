#!/usr/bin/env bash
# Runs the models of tests/models; arguments go to the test program. The unit tests in the files that they share with the
# library are the library's.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cargo test --locked --manifest-path tests/models/Cargo.toml --target-dir target/models -- --skip handle::tests "$@"
