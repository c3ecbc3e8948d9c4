#!/usr/bin/env bash
# Puts each fault of tests/faults (or those named) into a copy of the tree and runs what its first line says: it must
# fail there. The copy is in build/faults, its builds in target/faults.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tree=$root/build/faults/tree logs=$root/build/faults
faults=("$@")
[ "$#" -gt 0 ] || faults=(tests/faults/*.patch)

rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- | tar -x -C "$tree"
# An earlier run that was ended may have built these with a fault.
sed -n 's|^+++ b/||p' tests/faults/*.patch | (cd "$tree" && xargs -r touch)

# What watches: the models, or tests of the engine's suite.
watch() {
    local what=$1
    shift
    case $what in
    models)
        cargo test --locked --manifest-path tests/models/Cargo.toml --target-dir "$root/target/faults/models" -- \
            --skip handle::tests "$@"
        ;;
    engine) cargo test --locked --target-dir "$root/target/faults" --test engine -- "$@" ;;
    *) die "no watcher '$what'" ;;
    esac
}

run_watch() {
    (cd "$tree" && timeout 1800 bash -c "$(declare -f watch die); root='$root'; watch $1") >"$logs/$2.log" 2>&1
}

# The first line of a patch: "Caught by: engine simulation::operations".
by() { sed -n '1s/^Caught by: //p' "$1"; }

for fault in "${faults[@]}"; do by "$fault"; done | sort -u | while read -r what; do
    run_watch "$what" no-fault || die "without a fault '$what' fails, see $logs/no-fault.log"
done

missed=()
for fault in "${faults[@]}"; do
    name=$(basename "$fault" .patch)
    patch --directory="$tree" --strip=1 --quiet --no-backup-if-mismatch <"$fault" || die "$fault does not apply"
    if run_watch "$(by "$fault")" "$name"; then
        missed+=("$name")
        verdict=MISSED
    elif grep -q '^test result: FAILED\|panicked at\|(signal: ' "$logs/$name.log"; then
        verdict=caught
    else
        tail -20 "$logs/$name.log"
        die "$name: neither passed nor failed a test"
    fi
    printf '%-36s %-8s %s\n' "$name" "$verdict" "$(by "$fault")"
    patch --directory="$tree" --strip=1 --quiet --reverse <"$fault"
done
[ "${#missed[@]}" -eq 0 ] || die "not caught: ${missed[*]}"
printf '%s passed, 0 failed\n' "${#faults[@]}"
