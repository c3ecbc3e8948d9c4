#!/usr/bin/env bash
# Counts the instructions of the hot paths with callgrind and compares them with benches/instructions/baseline.tsv.
# Fails when an operation takes over 5 % more. "--update" writes the baseline anew. The library is the release build.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -e "$library" ] || die "$library is not built; run 'make build'"
sources=benches/instructions
baseline=$sources/baseline.tsv
out=build/instructions
rm -rf "$out"
mkdir -p "$out/classes"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Addresses and hashes that are the same each time.
counted() { setarch "$(uname -m)" -R env PYTHONHASHSEED=0 valgrind --tool=callgrind --quiet "$@"; }

cc -O2 -std=c11 -Wall -Wextra -Werror -o "$out/native" "$sources/native.c" -Iinclude -L"$(dirname "$library")" \
    -ldishtayantra_lmdb -Wl,-rpath,"$(dirname "$library")"
cc -O2 -std=c11 -Wall -Wextra -Werror -shared -fPIC -o "$out/libcounted.so" "$sources/counted.c"
jars=$(printf '%s:' java/lmdb/target/*.jar)
javac -d "$out/classes" -cp "$jars" "$sources/Calls.java"

# The sweeper's thread works when it likes, and is not counted.
say "counting the C ABI"
counted --separate-threads=yes --callgrind-out-file="$out/counts.native" "$out/native" "$scratch/native"
say "counting Python"
counted --separate-threads=yes --callgrind-out-file="$out/counts.python" "$venv/bin/python" "$sources/calls.py" "$scratch/python" \
    "$out/libcounted.so"

# native_instructions TURNS: what the native methods of Java take in all.
native_instructions() {
    counted --smc-check=all-non-file --toggle-collect='Java_com_dishtayantra_lmdb_*' --callgrind-out-file="$out/counts.java.$1" \
        java -Xint -XX:+UseSerialGC -cp "$out/classes:$jars" Calls "$scratch/java.$1" "$1" >&2
    sed -n 's/^\(summary\|totals\): *//p' "$out/counts.java.$1" | head -n 1
}
say "counting Java's native methods"
few=$(native_instructions 100)
many=$(native_instructions 600)

# Files for each operation, of which the least counts: its description names operation and number of calls.
now=$out/now.tsv
{
    for file in "$out"/counts.native.* "$out"/counts.python.*; do
        sed -n 's/^desc: Trigger: Client Request: \(.*\) \([0-9]*\)$/\1\t\2/p' "$file" | while IFS=$'\t' read -r operation calls; do
            total=$(sed -n 's/^\(summary\|totals\): *//p' "$file" | head -n 1)
            printf '%s\t%d\n' "$operation" $((total / calls))
        done
    done
    printf 'java put and view 100 KB, native methods\t%d\n' $(((many - few) / 500))
} | sort -t$'\t' -k1,1 -k2,2n | sort -t$'\t' -u -k1,1 >"$now"
[ "$(wc -l <"$now")" -gt 15 ] || die "callgrind told of too few operations, see $now"

if [ "${1:-}" = --update ]; then
    cp "$now" "$baseline"
    say "wrote $baseline"
    exit
fi
if [ ! -e "$profile" ]; then
    say "not compared: the committed counts are of a library with a profile, and there is none for LLVM $llvm on $(uname -m)"
    column -t -s$'\t' "$now"
    exit
fi
awk -F'\t' '
    NR == FNR { before[$1] = $2; next }
    FNR == 1 { printf "%-45s %12s %12s %7s\n", "instructions a call", "baseline", "now", "ratio" }
    !($1 in before) { printf "%-45s %12s %12d\n", $1, "-", $2; next }
    { ratio = $2 / before[$1]; printf "%-45s %12d %12d %7.3f%s\n", $1, before[$1], $2, ratio, (ratio > 1.05 ? "  over 1.05" : "") }
    ratio > 1.05 { worse++ }
    END { if (worse) { printf "%d operations take over 5 %% more instructions\n", worse; exit 1 } print FNR, "tests passed: none takes over 5 % more instructions" }
' "$baseline" "$now"
