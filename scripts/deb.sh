#!/usr/bin/env bash
# Makes Debian packages of what `make install` installs, in dist/: the library, what building with it takes, the command-line
# tool, and the library's debugging information.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for tool in dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || die "$tool is missing: install Debian's package dpkg-dev"
done
arch=$(dpkg --print-architecture)
multiarch=$(gcc -print-multiarch)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
tool=target/cli/release/dishtayantra-lmdb
[ -e "$tool" ] || die "$tool is not built; run 'make cli'"
stage=build/deb
rm -rf "$stage"
mkdir -p "$stage" dist

# Equal inputs give equal packages.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)
export SOURCE_DATE_EPOCH

# depends FILE: the packages that a program or library needs, as dpkg finds them.
depends() {
    mkdir -p "$stage/shlibs/debian"
    # shellcheck disable=SC2016 # dpkg-shlibdeps expands it
    printf 'Source: libdishtayantra-lmdb\n\nPackage: any\nArchitecture: any\nDepends: ${shlibs:Depends}\n' >"$stage/shlibs/debian/control"
    (cd "$stage/shlibs" && dpkg-shlibdeps -O "$root/$1" 2>../shlibdeps.log) | sed -n 's/^shlibs:Depends=//p'
}

# documents NAME PACKAGE: what every package says of its licences.
documents() {
    local place=$stage/$1/usr/share/doc/$2
    mkdir -p "$place"
    {
        printf 'libdishtayantra_lmdb is under either of these licences, at your choice:\n\n'
        cat LICENSE-MIT
        printf '\n\nApache License, Version 2.0: see /usr/share/common-licenses/Apache-2.0.\n\n'
        cat LICENSES/README.md LICENSES/*.txt
    } >"$place/copyright"
    gzip -9n <CHANGELOG.md >"$place/changelog.gz"
}

# pages NAME PACKAGE: the documentation, which errors name places in.
pages() {
    install -D -m 644 -t "$stage/$1/usr/share/doc/$2/docs" docs/*.md
}

# package NAME PACKAGE DEPENDS: the .deb of what lies below the stage's directory NAME.
package() {
    documents "$1" "$2"
    mkdir -p "$stage/$1/DEBIAN"
    sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@DEPENDS@/$3/" \
        -e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$stage/$1" | cut -f1)/" "packaging/deb/$1.in" >"$stage/$1/DEBIAN/control"
    (cd "$stage/$1" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$stage/$1/DEBIAN/md5sums"
    find "$stage/$1" -type d -exec chmod 755 {} +
    find "$stage/$1/usr" -type f -not -path '*/bin/*' -exec chmod 644 {} +
    dpkg-deb --root-owner-group --build "$stage/$1" "dist/$2_${version}_$arch.deb" >/dev/null
}

say "building the Debian packages"
PREFIX=/usr LIBDIR=lib/$multiarch DESTDIR=$root/$stage/dev scripts/install.sh >/dev/null
rm -rf "$stage/dev/usr/share/doc"
soname=$(sed -n 's/^const SONAME: &str = "\(.*\)";$/\1/p' build.rs)

lib=usr/lib/$multiarch
mkdir -p "$stage/library/$lib" "$stage/library/DEBIAN"
mv "$stage/dev/$lib/libdishtayantra_lmdb.so."* "$stage/library/$lib"
printf 'activate-noawait ldconfig\n' >"$stage/library/DEBIAN/triggers"
printf '%s %s libdishtayantra-lmdb0 (>= %s)\n' "${soname%.so.*}" "${soname##*.}" "$version" >"$stage/library/DEBIAN/shlibs"
package library libdishtayantra-lmdb0 "$(depends "$stage/library/$lib/$soname")"
pages dev libdishtayantra-lmdb-dev
package dev libdishtayantra-lmdb-dev ''

id=$(readelf -n "$stripped" | sed -n 's/^ *Build ID: //p')
mkdir -p "$stage/dbgsym/usr/lib/debug/.build-id/${id:0:2}"
cp "$stripped.debug" "$stage/dbgsym/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
package dbgsym libdishtayantra-lmdb0-dbgsym ''

install -D -m 755 --strip "$tool" "$stage/tools/usr/bin/dishtayantra-lmdb"
ln -s dishtayantra-lmdb "$stage/tools/usr/bin/dylmdb"
share=$stage/tools/usr/share
"$tool" man "$share/man/man1"
# The same page; what a link names is compressed, as manual pages are in packages.
rm "$share/man/man1/dylmdb.1"
gzip -9n "$share/man/man1/"*.1
ln -s dishtayantra-lmdb.1.gz "$share/man/man1/dylmdb.1.gz"
# completions SHELL FILE [LINK]: what it completes with, where it looks; most look for a file by the command's name.
completions() {
    mkdir -p "$(dirname "$share/$2")"
    "$tool" completions "$1" >"$share/$2"
    [ -z "${3:-}" ] || ln -s "$(basename "$2")" "$(dirname "$share/$2")/$3"
}
completions bash bash-completion/completions/dishtayantra-lmdb dylmdb
completions fish fish/vendor_completions.d/dishtayantra-lmdb.fish dylmdb.fish
completions zsh zsh/vendor-completions/_dishtayantra-lmdb
pages tools dishtayantra-lmdb-tools
package tools dishtayantra-lmdb-tools "$(depends "$stage/tools/usr/bin/dishtayantra-lmdb")"
stat --printf '    %9s  %n\n' dist/*.deb
