#!/usr/bin/env bash
# Makes the book of docs/ in build/book/html with mdBook, which is built once into build/tools, and checks its links.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=0.5.4
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
"$venv/bin/python" scripts/book.py check build/book/html
