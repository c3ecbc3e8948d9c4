#!/usr/bin/env bash
# Processes of four languages come and go on one store, some killed, for MINUTES; draws docs/soak.svg when it ran for 30.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

minutes=${MINUTES:-30}
say "building the peers"
scripts/cross.sh build
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/soak/requirements.txt
picture=build/soak/soak.svg
mkdir -p build/soak
say "$minutes minutes; samples in build/soak/rows.tsv"
"$venv/bin/python" tests/soak/soak.py --minutes "$minutes" --rows build/soak/rows.tsv --picture "$picture"
say "drew $picture"
