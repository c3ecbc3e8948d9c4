#!/usr/bin/env bash
# Runs suites with a sanitizer: 'address [rust c cpp]', 'thread', or 'memory' for Python's way in, under valgrind.
#
# The Rust suite has the compiler's own sanitizer. C and C++ programs have gcc's, and so has the LMDB in the library they
# are linked to; its Rust code is as always, but what it allocates is watched too. With 'thread' all is instrumented, Rust's
# standard library and LMDB too, and the C programs have the runtime that comes with Rust: gcc's is older than what the
# compiler calls.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

host=$(rustc -vV | sed -n 's/^host: //p')
# Some tests see that a stray write is a fault.
export ASAN_OPTIONS=handle_segv=0:handle_sigbus=0

# library FLAG DIRECTORY: the library with LMDB built by gcc with FLAG.
library() {
    CFLAGS="$1 -fno-omit-frame-pointer" cargo build --locked --lib --target-dir "$2"
}

# Drift and symbols of what is released are no question of memory. The sanitizer itself needs more of the address space than
# tests of limits leave it, and what is freed it keeps for a while, so the process grows.
address_rust() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" RUST_TEST_THREADS=2 \
        cargo test --locked --target "$host" --target-dir target/asan --lib --test engine -- \
        --skip header:: --skip abi:: --skip symbols:: --skip memory:: \
        --skip limits_of_the_process --skip a_refused_directory_is_left_as_it_was
}

# gcc's runtime leaves its allocator's locks as they are when a process forks: a child that opens a store, beside whose
# parent's thread just allocated, would wait for one for ever. So `fork` is left out.
address_c() {
    library -fsanitize=address target/asan-c
    make --no-print-directory -C tests/c run CC="gcc -fsanitize=address" CXX="g++ -fsanitize=address" \
        PROGRAMS="api crowd loans openers threads mutate header" \
        LIBDIR="$root/target/asan-c/debug" BUILDDIR="$root/build/asan/c"
}

address_cpp() {
    library -fsanitize=address target/asan-c
    cmake -S tests/cpp -B build/asan/cpp -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS=-fsanitize=address \
        -DPython_EXECUTABLE="$venv/bin/python" -DDISHTAYANTRA_LMDB_ROOT="$root" \
        -DDishtayantraLmdb_LIBRARY="$root/target/asan-c/debug/libdishtayantra_lmdb.so" >build/asan/cpp.log
    cmake --build build/asan/cpp --target dishtayantra_lmdb_cpp_tests --parallel 2
    ln -sf "$root/target/asan-c/debug/libdishtayantra_lmdb.so" build/asan/cpp/libdishtayantra_lmdb.so.0
    LD_LIBRARY_PATH=build/asan/cpp build/asan/cpp/dishtayantra_lmdb_cpp_tests
}

# What is not under a mutex or in an atomic is a race here, so LMDB's own way to publish pages is left out.
thread_c() {
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread CFLAGS="-fsanitize=thread -fno-omit-frame-pointer" \
        cargo build --locked --lib -Zbuild-std --target "$host" --target-dir target/tsan
    runtime=$(rustc --print target-libdir)/librustc-stable_rt.tsan.a built=$root/build/tsan/c
    TSAN_OPTIONS="report_thread_leaks=0 suppressions=$root/tests/c/tsan.supp" make --no-print-directory -C tests/c run \
        CC="gcc -fsanitize=thread" BUILT="$built/api_c $built/crowd_c $built/threads_c" \
        LDLIBS="-nodefaultlibs -Wl,--whole-archive $runtime -Wl,--no-whole-archive -Wl,--export-dynamic -lm -lc -lgcc_s" \
        LIBDIR="$root/target/tsan/$host/debug" BUILDDIR="$built"
}

# Python's objects are malloc's, so that valgrind knows each. What is not initialised the interpreter itself compares.
memory_python() {
    PYTHONMALLOC=malloc PYTHONPATH=tests/python valgrind --quiet --error-exitcode=9 --undef-value-errors=no \
        --suppressions=tests/python/valgrind.supp "$venv/bin/python" tests/python/exercise_door.py
}

sanitizer=$1
shift
suites=("$@")
[ "$#" -gt 0 ] || case $sanitizer in
address) suites=(rust c cpp) ;;
thread) suites=(c) ;;
memory) suites=(python) ;;
esac
mkdir -p "build/asan"
failed=()
for suite in "${suites[@]}"; do
    declare -F "${sanitizer}_$suite" >/dev/null || die "no suite '$suite' for the sanitizer '$sanitizer'"
    say "$sanitizer: $suite"
    # A shell of its own, in which the first failure ends the suite.
    bash -c "$(declare -f library "${sanitizer}_$suite"); set -euo pipefail; root='$root' venv='$venv' host='$host'; ${sanitizer}_$suite" ||
        failed+=("$suite")
done
[ "${#failed[@]}" -eq 0 ] || die "failed: ${failed[*]}"
printf '%s passed, 0 failed\n' "${#suites[@]}"
