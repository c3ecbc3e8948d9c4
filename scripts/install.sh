#!/usr/bin/env bash
# Installs the release library, its headers, the pkg-config file, the CMake package and the licences below PREFIX; with
# "uninstall" it removes them, of whatever version.
# PREFIX: where they will be found (default /usr/local); LIBDIR: the library's directory below it (default lib);
# DESTDIR: put before PREFIX while copying, for packagers.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-lib}
[[ $prefix == /* ]] || prefix=$PWD/$prefix
[[ $libdir != /* && $libdir != *..* ]] || die "LIBDIR is a directory below PREFIX, such as lib64; not '$libdir'"
# What pkg-config, CMake and the shells between them read in ways of their own.
[[ $prefix$libdir != *[^[:alnum:]/._+,:=@~%\ -]* ]] ||
    die "PREFIX and LIBDIR: letters, digits, spaces and /._+,:=@~%- only; not '$prefix/$libdir'"
prefix=${prefix%/}
target=${DESTDIR:-}$prefix

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
soname=$(sed -n 's/^const SONAME: &str = "\(.*\)";$/\1/p' build.rs)
[[ -n $version && -n $soname ]] || die "no version in Cargo.toml, or no SONAME in build.rs"
file=libdishtayantra_lmdb.so.$version

lib=$target/$libdir

if [ "${1:-}" = uninstall ]; then
    say "removing what was installed below $target"
    rm -f "$lib"/libdishtayantra_lmdb.so "$lib"/libdishtayantra_lmdb.so.[0-9]* "$lib/pkgconfig/dishtayantra_lmdb.pc" \
        "$target/include/dishtayantra_lmdb.h" "$target/include/dishtayantra_lmdb.hpp"
    rm -rf "$lib/cmake/dishtayantra_lmdb" "$target/include/dishtayantra_lmdb" "$target/share/doc/dishtayantra_lmdb"
    # Directories that others use as well stay.
    for directory in "$lib/pkgconfig" "$lib/cmake" "$lib" "$target/include" "$target/share/doc" "$target/share"; do
        rmdir "$directory" 2>/dev/null || true
    done
    exit
fi

# Root installs what its user built.
if [ ! -e "$library" ]; then
    scripts/library.sh
fi
scripts/strip.sh

# From the CMake package's directory up to PREFIX.
up=$(realpath --canonicalize-missing --no-symlinks --relative-to="/$libdir/cmake/dishtayantra_lmdb" /)

# fill TEMPLATE TO: a template of packaging/ with its values.
fill() {
    sed -e "s#@PREFIX@#$prefix#g" -e "s#@LIBDIR@#$libdir#g" -e "s#@VERSION@#$version#g" -e "s#@FILE@#$file#g" \
        -e "s#@SONAME@#$soname#g" -e "s#@UP@#$up#g" "packaging/$1.in" >"$2/$1"
    chmod 644 "$2/$1"
}

say "installing version $version below $target"
install -d "$lib/pkgconfig" "$lib/cmake/dishtayantra_lmdb" "$target/include/dishtayantra_lmdb/python" \
    "$target/share/doc/dishtayantra_lmdb/LICENSES" "$target/share/doc/dishtayantra_lmdb/docs"

# Beside the old file, then over its name: programs that have it mapped keep it.
install -m 755 "$stripped" "$lib/.$file.new"
mv -f "$lib/.$file.new" "$lib/$file"
ln -sf "$file" "$lib/$soname"
ln -sf "$soname" "$lib/libdishtayantra_lmdb.so"

install -m 644 include/dishtayantra_lmdb.h include/dishtayantra_lmdb.hpp "$target/include"
install -m 644 include/dishtayantra_lmdb/*.hpp "$target/include/dishtayantra_lmdb"
install -m 644 include/dishtayantra_lmdb/python/*.hpp "$target/include/dishtayantra_lmdb/python"
fill dishtayantra_lmdb.pc "$lib/pkgconfig"
fill dishtayantra_lmdb-config.cmake "$lib/cmake/dishtayantra_lmdb"
fill dishtayantra_lmdb-config-version.cmake "$lib/cmake/dishtayantra_lmdb"
install -m 644 LICENSE-MIT LICENSE-APACHE "$target/share/doc/dishtayantra_lmdb"
install -m 644 LICENSES/* "$target/share/doc/dishtayantra_lmdb/LICENSES"
install -m 644 docs/*.md "$target/share/doc/dishtayantra_lmdb/docs"

if [ -z "${DESTDIR:-}" ]; then
    say "where the loader does not look in $prefix/$libdir by itself: run ldconfig, or link with -Wl,-rpath,$prefix/$libdir"
fi
