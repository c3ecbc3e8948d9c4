#!/usr/bin/env bash
# Attacks stores at every call of libc and kills processes in each language; prints what came of it.
#   attack.sh            a sample of some minutes       FULL=1 attack.sh    every call, 500 kills in each language
#   attack.sh part       what the test suite runs       ATTACK_DIR          where the stores are made
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Calls of each step at which it is attacked (0: all), in each of its settings; kills in each language.
points=12 kills=60 cuts=40 languages=(c cpp python rust java)
[ -z "${FULL:-}" ] || points=0 kills=500 cuts=400
[ "${1:-}" != part ] || points=2 kills=20 cuts=10 languages=(c cpp python)

built="$root/build/attack"
place=$(mktemp -d "${ATTACK_DIR:-/dev/shm}/attack.XXXXXX")
trap 'rm -rf "$place"' EXIT

say "building"
make --no-print-directory --quiet -C tests/attack

# The command of a worker; nothing where the language is not built.
worker() {
    case $1 in
        c | cpp) echo "$built/worker_$1" ;;
        python) echo "$venv/bin/python $root/tests/attack/workers/worker.py" ;;
        rust) echo "$root/target/release/examples/attack_worker" ;;
        java) echo "java -cp $(printf '%s:' java/lmdb/target/*.jar)$built/java Worker" ;;
    esac
}

for language in "${languages[@]}"; do
    case $language in
        rust) cargo build --release --locked --quiet --package dishtayantra-lmdb --example attack_worker ;;
        java)
            javac -Xlint:all,-classfile -Werror --release 17 -d "$built/java" \
                -cp "$(printf '%s:' java/lmdb/target/*.jar)" tests/attack/workers/Worker.java
            ;;
    esac
done

failed=0
export RUST_BACKTRACE=0 ATTACK_SHIM="$built/shim.so"
say "a call of libc is the last one, or fails"
SECONDS=0
"$built/attack" "$place/steps" "$points" || failed=1
echo "took $SECONDS s"
for language in "${languages[@]}"; do
    say "killed at random: $language"
    SECONDS=0
    # Words on purpose.
    # shellcheck disable=SC2046
    "$built/storm" "$place/$language" "$kills" $(worker "$language") || failed=1
    echo "took $SECONDS s"
done
say "power cuts of a durable store"
"$built/powercut" "$place/cuts" "$cuts" 1 || failed=1
[ "$failed" = 0 ] || die "an attack found something"
echo "attacks: all passed"
