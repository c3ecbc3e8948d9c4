"""NumPy, pyarrow, pandas and Polars, which are used when they are there.

Importing this package imports none of them. A value can only be of their types when the caller has
imported them.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ..errors import FormatError

_EXTRAS = {
    "jpype": "dishtayantra-lmdb[jpype]",
    "numpy": "dishtayantra-lmdb[numpy]",
    "opentelemetry": "dishtayantra-lmdb[telemetry]",
    "py4j": "dishtayantra-lmdb[py4j]",
    "pyarrow": "dishtayantra-lmdb[arrow]",
    "ray": "dishtayantra-lmdb[ray]",
}


class MissingPackageError(FormatError, ImportError):
    """A package that is optional is not there."""


def loaded(name: str) -> Any:
    """The module when somebody in this process has imported it already, else None."""
    return sys.modules.get(name)


def numpy(what: str) -> Any:
    """NumPy, imported now if need be.

    Raises:
        FormatError: it is not installed; ``what`` says what needs it.
    """
    return _import("numpy", what)


def pyarrow(what: str) -> Any:
    """pyarrow, imported now if need be.

    Raises:
        FormatError: it is not installed; ``what`` says what needs it.
    """
    return _import("pyarrow", what)


def module(name: str, what: str) -> Any:
    """The module ``name``, imported now if need be.

    Raises:
        MissingPackageError: it is not installed; ``what`` says what needs it.
    """
    return _import(name, what)


def _import(name: str, what: str) -> ModuleType:
    module = sys.modules.get(name)
    if module is not None:
        return module
    try:
        module = __import__(name)
    except ImportError as error:
        raise MissingPackageError(
            f"{what} needs the package {name}, which cannot be imported ({error}); "
            f"install {_EXTRAS.get(name, name)}"
        ) from error
    return module
