#!/usr/bin/env bash
# Processes in namespaces of their own, as containers have them, share a store; many are killed. CONTAINER_KILLS says how
# many in all with equal thread ids. Takes root; DY_LMDB_REQUIRE_NAMESPACES=1 makes it fail where that is not enough.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

make --no-print-directory --quiet -C tests/containers
scripts/cross.sh build
"$venv/bin/python" -m pytest tests/containers --durations=5
