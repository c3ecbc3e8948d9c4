#!/usr/bin/env bash
# Fuzzes each target, or the ones named, for SECONDS seconds (60), with AddressSanitizer. New inputs go to build/fuzz, what
# fails to build/fuzz/<target>-failures.
#
# The targets have cargo-fuzz's layout, but cargo-fuzz would want a nightly compiler, another one each night. All that it
# does is pass these flags, which any compiler takes when it is told that it may.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=${FUZZ_SECONDS:-60}
targets=("$@")
[ "$#" -gt 0 ] || targets=(record envelope document table npy reference configuration operations)

host=$(rustc -vV | sed -n 's/^host: //p')
level=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares)
RUSTC_BOOTSTRAP=1 RUSTFLAGS="${level[*]} -Zsanitizer=address --cfg fuzzing" \
    cargo build --locked --release --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --target "$host" --bins

failed=()
for target in "${targets[@]}"; do
    found=build/fuzz/$target failures=build/fuzz/$target-failures log=build/fuzz/$target.log
    mkdir -p "$found" "$failures"
    say "fuzz: $target, $seconds s"
    # Threads of a store are not worth a look for leaks at each input.
    if ASAN_OPTIONS=detect_leaks=0 "target/fuzz/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="$failures/" "$found" "fuzz/corpus/$target" >"$log" 2>&1; then
        grep -E 'number_of_executed_units|new_units_added|peak_rss_mb' "$log" | sed "s/^/$(printf '%-16s' "$target")/"
    else
        tail -40 "$log"
        failed+=("$target")
    fi
done
[ "${#failed[@]}" -eq 0 ] || die "failed: ${failed[*]}; 'target/fuzz/$host/release/TARGET FILE' runs one input again"
printf '%s passed, 0 failed\n' "${#targets[@]}"
