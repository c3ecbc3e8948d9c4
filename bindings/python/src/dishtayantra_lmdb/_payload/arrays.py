"""NumPy's arrays as the library knows them: which dtypes segments have, and their codes."""

from __future__ import annotations

import functools

from .._library import core, optional

# NumPy's typestr without the byte order, by our code.
TYPES = {
    "?": "b1",
    "b": "i1",
    "B": "u1",
    "h": "i2",
    "H": "u2",
    "i": "i4",
    "I": "u4",
    "q": "i8",
    "Q": "u8",
    "f": "f4",
    "d": "f8",
    "M": "M8",
    "m": "m8",
    "e": "f2",
    "F": "c8",
    "D": "c16",
}
CODES = {name: code for code, name in TYPES.items()}


@functools.lru_cache(maxsize=1)
def learn() -> None:
    """Tells the library of NumPy, so that it packs and makes plain arrays without asking."""
    numpy = optional.numpy("an array")
    ours = [(numpy.dtype(f"<{name}"), code) for code, name in TYPES.items() if code not in "Mm"]
    # Those that are the same and another object.
    same = [(numpy.dtype(char), CODES[numpy.dtype(char).str[1:]]) for char in "lLqQ"]
    core.learn_arrays(numpy.ndarray, [(dtype, ord(code)) for dtype, code in ours + same])
