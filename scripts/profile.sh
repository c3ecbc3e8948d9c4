#!/usr/bin/env bash
# Takes the profile that scripts/library.sh builds with: runs the hot paths from C and Python on a library that counts its
# branches, and writes the counts to benches/profile.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

merge=llvm-profdata-$llvm
if ! command -v "$merge" >/dev/null; then
    say "installing with apt: llvm-$llvm"
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "llvm-$llvm" >/dev/null ||
        die "$merge is missing; install it with: sudo apt-get install llvm-$llvm"
fi

counting=$root/target/profile
rm -rf "$counting/counts"
say "building a library that counts"
cargo rustc --release --locked --lib --crate-type cdylib --target-dir "$counting" -- "-Cprofile-generate=$counting/counts"
directory=$counting/release
ln -sf libdishtayantra_lmdb.so "$directory/libdishtayantra_lmdb.so.0"

# What was linked finds it first, and what Python loads is the same.
export LD_LIBRARY_PATH=$directory DISHTAYANTRA_LMDB_LIBRARY=$directory/libdishtayantra_lmdb.so
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=build/instructions
mkdir -p "$out"
cc -O2 -std=c11 -Wall -Wextra -Werror -o "$out/native" benches/instructions/native.c -Iinclude -L"$directory" \
    -ldishtayantra_lmdb
cc -O2 -std=c11 -Wall -Wextra -Werror -shared -fPIC -o "$out/libcounted.so" benches/instructions/counted.c
# Calculators that the wrapped calls take.
cmake_build demo build/demo
say "running the hot paths"
"$out/native" "$scratch/native"
"$venv/bin/python" benches/instructions/calls.py "$scratch/python" "$out/libcounted.so"
"$venv/bin/python" bench-compare/python/wrapped_calls.py --rounds 1 >"$counting/run.md"

mkdir -p "$(dirname "$profile")"
# The profile that is there keeps what was not changed as it is laid out; a function that was changed has counts of this run only.
"$merge" merge --sparse -o "$counting/now.profdata" "$counting/counts"
earlier=()
[ ! -e "$profile" ] || earlier=("--weighted-input=20,$profile")
"$merge" merge --sparse -o "$counting/all.profdata" "${earlier[@]}" "--weighted-input=1,$counting/now.profdata"
mv "$counting/all.profdata" "$profile"
say "wrote ${profile#"$root/"}; build anew, and renew the counts with 'scripts/callgrind.sh --update'"
