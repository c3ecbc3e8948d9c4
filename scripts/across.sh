#!/usr/bin/env bash
# across.sh DIRECTORY ROUNDS: payloads handed to another process, which looks at every byte and answers; this package beside
# iceoryx2 and Ray in Python, beside Aeron in Java. The stores of ours are made in DIRECTORY.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

directory=$1 rounds=$2
peers=build/bench-compare/across
results=build/bench-compare/across.tsv
mkdir -p build/bench-compare

# Ray brings dozens of packages: an environment of its own.
if ! cmp -s bench-compare/python/requirements-across.txt "$peers/requirements.txt"; then
    say "installing Ray and iceoryx2 into $peers"
    "$venv/bin/python" -m venv --clear "$peers"
    "$peers/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement bench-compare/python/requirements-across.txt
    cp bench-compare/python/requirements-across.txt "$peers/requirements.txt"
fi

say "Python, $rounds rounds"
PYTHONPATH=bindings/python/src "$peers/bin/python" bench-compare/python/across.py --tsv --directory "$directory" \
    --rounds "$rounds" | tee "$results"
say "Java, $rounds rounds"
scripts/java.sh across "$directory" "$rounds" | grep $'\t' | tee -a "$results"

printf '\nLeast medians of %s rounds, %s, %s, %s cores, Linux %s, stores on %s\n' "$rounds" "$(date -u +%Y-%m-%d)" \
    "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r)" \
    "$(df --output=fstype "$directory" | tail -n 1)"
"$venv/bin/python" bench-compare/python/report.py "$results"
