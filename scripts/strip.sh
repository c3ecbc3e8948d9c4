#!/usr/bin/env bash
# Makes what packages carry of the release library: without its debugging information in target/stripped, which lies beside
# it in a file that debuggers find by name and build id. Does nothing while both are up to date.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -e "$library" ] || die "$library is not built; run 'make build'"
[ "$stripped" -nt "$library" ] && [ -e "$stripped.debug" ] && exit

mkdir -p "$(dirname "$stripped")"
rm -f "$stripped" "$stripped.debug"
objcopy --only-keep-debug --compress-debug-sections "$library" "$stripped.debug"
chmod 644 "$stripped.debug"
# Renamed last: whoever is interrupted has nothing that looks ready.
strip --strip-unneeded -o "$stripped.new" "$library"
(cd "$(dirname "$stripped")" && objcopy --add-gnu-debuglink="$(basename "$stripped").debug" "$(basename "$stripped").new")
mv "$stripped.new" "$stripped"
