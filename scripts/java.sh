#!/usr/bin/env bash
# Builds the jars of java/ with the release library in them; with "test" runs the tests, on the newest JDK as well; with
# "bench" runs the benchmark beside lmdbjava, with what follows as options of JMH; "across DIRECTORY ROUNDS" has payloads handed
# to another JVM, beside Aeron.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The jars carry it.
scripts/strip.sh
mvn=(mvn --batch-mode --no-transfer-progress --quiet --file java)
logs=build/logs
mkdir -p "$logs"

# The JDKs of the system, one a line, each once, oldest first: version, then home.
jdks() {
    local home
    for home in /usr/lib/jvm/*/; do
        if [ ! -L "${home%/}" ] && [ -x "$home/bin/javac" ]; then
            printf '%s %s\n' "$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")" "${home%/}"
        fi
    done | sort -n
}

# The JVM says with -Xcheck:jni what native code does wrong, on standard output, which surefire files apart.
no_warning_of_jni() {
    local found
    found=$(grep -rlE 'WARNING in native method|WARNING: JNI|FATAL ERROR in native method' java/*/target/surefire-reports || true)
    [ -z "$found" ] || die "-Xcheck:jni warns, see $found"
}

# run_tests HOME: the tests of every module on the JVM there; what they ran in one line a module.
run_tests() {
    say "Java tests on $("$1/bin/java" -version 2>&1 | head -n 1)"
    find java -path '*/target/surefire-reports/*' -type f -delete
    "${mvn[@]}" test -Djvm="$1/bin/java" || return 1
    no_warning_of_jni
    cat java/*/target/surefire-reports/*.txt | sed -n 's/^Tests run: \([0-9]*\), .*/\1/p' |
        awk -v jdk="$(basename "$1")" '{ sum += $1 } END { print sum " passed on " jdk }'
}

build_benchmarks() {
    # Standard output is for results.
    say "building the Java benchmarks" >&2
    "${mvn[@]}" package -DskipTests --activate-profiles benchmarks --projects lmdb,benchmarks >&2
    benchmarks="java/benchmarks/target/classes:$(cat java/benchmarks/target/classpath)"
}

if [ "${1:-}" = across ]; then
    build_benchmarks
    java --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED -cp "$benchmarks" com.dishtayantra.benchmarks.Across "${@:2}"
    exit 0
fi

if [ "${1:-}" = bench ]; then
    build_benchmarks
    # lmdbjava needs these; our package does not.
    opens="--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
    java -cp "$benchmarks" org.openjdk.jmh.Main \
        -jvmArgs "$opens" -rf text -rff build/logs/jmh.txt "${@:2}" >build/logs/jmh.log 2>&1 || die "see build/logs/jmh.log"
    cat build/logs/jmh.txt
    exit 0
fi

if [ "${1:-}" != test ]; then
    say "building the jars in java/*/target"
    # Javadoc takes longer than the rest; `mvn install` makes it.
    "${mvn[@]}" package -DskipTests -Dmaven.javadoc.skip=true
    exit 0
fi

mapfile -t homes < <(jdks | cut -d' ' -f2)
default=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
run_tests "$default"
newest=${homes[-1]}
if [ "$newest" != "$default" ]; then
    run_tests "$newest"
fi
