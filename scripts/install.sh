#!/usr/bin/env bash
# Installs the release library, its headers, the pkg-config file, the CMake package and the licences below PREFIX.
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

# Root installs what its user built.
if [ ! -e "$library" ]; then
    scripts/library.sh
fi

# From the CMake package's directory up to PREFIX.
up=$(realpath --canonicalize-missing --no-symlinks --relative-to="/$libdir/cmake/dishtayantra_lmdb" /)

# fill TEMPLATE TO: a template of packaging/ with its values.
fill() {
    sed -e "s#@PREFIX@#$prefix#g" -e "s#@LIBDIR@#$libdir#g" -e "s#@VERSION@#$version#g" -e "s#@FILE@#$file#g" \
        -e "s#@SONAME@#$soname#g" -e "s#@UP@#$up#g" "packaging/$1.in" >"$2/$1"
    chmod 644 "$2/$1"
}

say "installing version $version below $target"
lib=$target/$libdir
install -d "$lib/pkgconfig" "$lib/cmake/dishtayantra_lmdb" "$target/include/dishtayantra_lmdb/python" \
    "$target/share/doc/dishtayantra_lmdb/LICENSES"

# Beside the old file, then over its name: programs that have it mapped keep it.
install -m 755 "$library" "$lib/.$file.new"
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

if [ -z "${DESTDIR:-}" ]; then
    say "where the loader does not look in $prefix/$libdir by itself: run ldconfig, or link with -Wl,-rpath,$prefix/$libdir"
fi
