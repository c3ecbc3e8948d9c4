#!/usr/bin/env bash
# Makes what Python users install, in dist/: the source distribution, which carries the engine's Rust sources; the wheel
# with the stripped library and the jars, its tag found by auditwheel; the debugging information of that library.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

stage=build/sdist
out=build/wheel
rm -rf "$stage" "$out"
mkdir -p "$stage" "$out" dist
scripts/strip.sh

# The engine as cargo would publish it: its sources, and a lock file of what it alone takes.
cargo package --quiet --locked --no-verify --allow-dirty --package "$engine"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
mkdir "$stage/engine"
tar -xf "target/package/$engine-$version.crate" -C "$stage/engine" --strip-components 1

# git's list: nothing that lies around gets in.
(cd bindings/python && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$root/$stage")
rm -f "$stage/requirements-dev.txt"
cp -r LICENSE-MIT LICENSE-APACHE LICENSES "$stage"
install -D -m 644 -t "$stage/docs" docs/*.md
mkdir "$stage/jars"
for artifact in lmdb calculators; do
    jar=java/$artifact/target/dishtayantra-$artifact-$version.jar
    [ -e "$jar" ] || die "$jar is not built; run 'make java'"
    cp "$jar" "$stage/jars"
done

say "building the source distribution and the wheel"
(
    cd "$stage"
    "$venv/bin/python" -m hatchling build -t sdist -d "$root/$out/sdist"
    DISHTAYANTRA_LMDB_LIBRARY=$stripped "$venv/bin/python" -m hatchling build -t wheel -d "$root/$out/plain"
) >"$out/hatch.log" 2>&1 || {
    cat "$out/hatch.log" >&2
    die "the wheel could not be built"
}
# Says which platforms it runs on, and refuses what needs a library that they do not have.
PATH="$venv/bin:$PATH" "$venv/bin/auditwheel" repair --wheel-dir "$out/tagged" "$out"/plain/*.whl >"$out/auditwheel.log" 2>&1 || {
    cat "$out/auditwheel.log" >&2
    die "auditwheel refuses the wheel"
}

rm -rf dist/*.whl dist/*.tar.gz dist/*.debug
cp "$out"/sdist/*.tar.gz "$out"/tagged/*.whl dist
wheel=$(basename "$out"/tagged/*.whl)
# Debuggers find it by build id: gdb -iex 'set debug-file-directory …', or beside the library.
cp "$stripped.debug" "dist/${wheel%.whl}.so.debug"
stat --printf '    %9s  %n\n' dist/*
