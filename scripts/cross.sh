#!/usr/bin/env bash
# Builds a peer in each language and runs the matrix: every language against every other, and the calculators of each.
# "build" only builds the peers.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

peers=tests/cross/peers
built=build/cross
javac=(javac "-Xlint:all,-classfile" -Werror -encoding UTF-8)
gson=com.google.code.gson:gson:2.11.0

say "building the peers in C++, Rust and Java"
cmake_build "$peers/cpp" "$built/cpp"
# In its directory, whose settings tell where the library is.
(cd "$peers/rust" && cargo build --release --locked --quiet)
scripts/java.sh
if [ ! -e "$built/java/gson.jar" ]; then
    mvn --batch-mode --no-transfer-progress --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact="$gson" -Dmdep.stripVersion=true -DoutputDirectory="$root/$built/java"
fi
jars=$(printf '%s:' java/lmdb/target/*.jar java/calculators/target/*.jar)
# Gson's classes name annotations that are not needed to run it: no lint of class files.
"${javac[@]}" --release 17 -d "$built/java/classes" -cp "$jars$built/java/gson.jar" "$peers"/java/*.java
[ "${1:-}" != build ] || exit 0

say "building natives that know nothing of references in C++, Rust and Java"
cmake_build tests/cpp build/tests-cpp
(cd tests/cross/natives/rust && cargo build --release --locked --quiet)
install -D -m 755 target/cross/release/libdishtayantra_cross_natives.so "$built/python/dishtayantra_cross_natives.so"
"${javac[@]}" --release 11 -d "$built/java/natives" -cp "$jars" tests/java-natives/natives/*.java

"$venv/bin/python" -m pytest tests/cross
