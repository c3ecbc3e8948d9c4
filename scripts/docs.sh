#!/usr/bin/env bash
# Makes the book of docs/ in build/book/html with mdBook, which is built once into build/tools, and the references of the
# languages beside it, and checks the links.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=0.5.4
pdoc_version=16.0.0
mdbook=build/tools/bin/mdbook
if [ "$("$mdbook" --version 2>/dev/null)" != "mdbook v$version" ]; then
    say "building mdBook $version"
    cargo install mdbook --version "$version" --locked --quiet --no-default-features --features search --root build/tools \
        --target-dir build/tools/target
    rm -rf build/tools/target
fi

say "making the book in build/book/html"
"$venv/bin/python" scripts/book.py source build/book
"$mdbook" build build/book --dest-dir "$root/build/book/html"

say "making the references of C, C++, Rust, Java and Python"
mkdir -p build/book/html/api
# reference_of LANGUAGE NAME: Doxygen's pages, with the settings on standard input beside those of both. What it warns of,
# an undocumented parameter in C, is an error.
reference_of() {
    rm -rf "build/book/html/api/$1"
    {
        cat
        printf '%s = %s\n' PROJECT_NAME "\"$2\"" OUTPUT_DIRECTORY build/book/html/api HTML_OUTPUT "$1" \
            GENERATE_LATEX NO HAVE_DOT NO JAVADOC_AUTOBRIEF YES QUIET YES WARN_AS_ERROR FAIL_ON_WARNINGS
    } | doxygen -
}
mkdir -p build/doxygen
"$venv/bin/python" scripts/c_comments.py include/dishtayantra_lmdb.h >build/doxygen/dishtayantra_lmdb.h
reference_of c "dishtayantra_lmdb in C" <<END
INPUT = build/doxygen/dishtayantra_lmdb.h
STRIP_FROM_PATH = build/doxygen
ALIASES = "memory=@par Memory^^" "threads=@par Threads^^"
OPTIMIZE_OUTPUT_FOR_C = YES
WARN_NO_PARAMDOC = YES
END
reference_of cpp "dishtayantra_lmdb in C++" <<END
INPUT = include
STRIP_FROM_PATH = include
FILE_PATTERNS = *.hpp
RECURSIVE = YES
EXTRACT_ALL = YES
EXCLUDE_SYMBOLS = *::detail
END
cargo doc --locked --quiet --no-deps --package dishtayantra-lmdb --package dishtayantra-pyo3 --target-dir build/tools/rustdoc
cp -r build/tools/rustdoc/doc build/book/html/api/rust
javadoc -quiet -Xdoclint:none -encoding UTF-8 -d build/book/html/api/java -subpackages com.dishtayantra \
    -sourcepath java/lmdb/src/main/java:java/calculators/src/main/java
pdoc=build/tools/pdoc-$pdoc_version
[ -e "$pdoc" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --target "$pdoc" "pdoc==$pdoc_version"
PYTHONPATH=$pdoc "$venv/bin/python" -m pdoc --docformat google --output-directory build/book/html/api/python dishtayantra_lmdb

"$venv/bin/python" scripts/book.py check build/book/html
