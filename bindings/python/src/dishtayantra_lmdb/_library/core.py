"""What the library itself makes for Python: types that our classes are derived from, and functions.

What every payload goes through is done there, without ctypes.
"""

from __future__ import annotations

from .abi import lib, library

# Of what is called here; the library has this one or refuses.
_VERSION = 2

try:
    globals().update(lib.python_door(_VERSION))
except (AttributeError, ValueError) as error:
    raise ImportError(
        f"{library._name} cannot be used from this Python, which has to be CPython 3.10 or newer, "
        f"or is of another version than this package: {error}"
    ) from None
