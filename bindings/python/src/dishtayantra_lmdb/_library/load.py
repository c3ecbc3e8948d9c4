"""Finds and loads the shared library, so that a process has one copy of the engine.

The order, which is that of all languages: the copy that this process has loaded already (a C++ or
Rust calculator may have brought it), the file that ``DISHTAYANTRA_LMDB_LIBRARY`` names, the file
inside this package (a wheel), ``target/release`` of the source tree (an editable installation), and
last what the system's loader finds.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

SONAME = "libdishtayantra_lmdb.so.0"
FILE_NAME = "libdishtayantra_lmdb.so"
VARIABLE = "DISHTAYANTRA_LMDB_LIBRARY"
# Of the functions that this package calls: the library has this one or a later one.
ABI_VERSION = 2

_PACKAGE = Path(__file__).resolve().parents[1]


def source_tree_library() -> Path | None:
    """The library built in the source tree that this package lies in; None when it does not lie in
    one.
    """
    parents = _PACKAGE.parents
    if len(parents) < 4 or _PACKAGE.parts[-4:-1] != ("bindings", "python", "src"):
        return None
    return parents[3] / "target" / "release" / FILE_NAME


def _loaded() -> ctypes.CDLL | None:
    """The copy that is in the process already, whoever loaded it and from where: the loader knows
    it by its SONAME.
    """
    try:
        return ctypes.CDLL(SONAME, mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return None


def load() -> ctypes.CDLL:
    """Loads the library.

    Raises:
        ImportError: no library was found, or the one found cannot be used; the message says where
            was looked.
    """
    library = _loaded()
    if library is not None:
        return _checked(library, f"{SONAME}, loaded already in this process")
    named = os.environ.get(VARIABLE)
    if named:
        # What the user named is what is used: another copy instead would only hide the mistake.
        try:
            return _checked(ctypes.CDLL(named), named)
        except OSError as error:
            raise ImportError(
                f"{VARIABLE} names {named}, which cannot be loaded: {error}"
            ) from error
    looked = [f"{SONAME} in this process: not loaded", f"{VARIABLE}: not set"]
    for place in (_PACKAGE / FILE_NAME, source_tree_library()):
        if place is None:
            continue
        if not place.exists():
            looked.append(f"{place}: not there")
            continue
        try:
            return _checked(ctypes.CDLL(str(place)), str(place))
        except OSError as error:
            looked.append(f"{place}: {error}")
    try:
        return _checked(ctypes.CDLL(SONAME), SONAME)
    except OSError as error:
        looked.append(f"the system: {error}")
    raise ImportError(
        "the library libdishtayantra_lmdb was not found; looked at:\n  " + "\n  ".join(looked)
    )


def _checked(library: ctypes.CDLL, where: str) -> ctypes.CDLL:
    """``library`` when it is ours and speaks the ABI that this package binds to."""
    try:
        version = library.dy_lmdb_abi_version
    except AttributeError as error:
        raise ImportError(
            f"{where} is not libdishtayantra_lmdb: it lacks dy_lmdb_abi_version"
        ) from error
    version.restype = ctypes.c_uint32
    version.argtypes = []
    found = version()
    if found < ABI_VERSION:
        raise ImportError(
            f"{where} has ABI version {found}, this package needs {ABI_VERSION} or a later one"
        )
    return library
