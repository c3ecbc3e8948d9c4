#!/usr/bin/env bash
# Builds target/release/libdishtayantra_lmdb.so, with the profile of benches/profile that is of this compiler's LLVM and
# this machine's kind: it says which branches the hot paths take. Without one it builds as well.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

say "building target/release/libdishtayantra_lmdb.so"
flags=()
if [ -e "$profile" ]; then
    # What was changed since the profile was taken is built without it, and nobody needs to hear of that. What the profile
    # says is cold is made small.
    flags=("-Cprofile-use=$profile" -Cllvm-args=-no-pgo-warn-mismatch -Cllvm-args=-pgso-lwss-only=false
        -Cllvm-args=-inline-threshold=25)
else
    say "there is no ${profile#"$root/"}: without a profile the hot paths take a little longer ('make profile' takes one)"
fi
# Alone: with the rlib beside it cargo leaves link-time optimisation out.
cargo rustc --release --locked --lib --crate-type cdylib -- "${flags[@]}"
# What programs linked against the library look for: its SONAME.
ln -sf libdishtayantra_lmdb.so "$library.0"
