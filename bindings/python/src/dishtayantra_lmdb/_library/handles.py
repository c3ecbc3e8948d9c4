"""Handles of the library."""

from __future__ import annotations

from typing import NoReturn

from . import core


class Handle(core.Handle):
    """A handle of the library that is given back once, and never by a forked child."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a handle cannot be copied or pickled: it is given back once")


# What a handle is of.
STORE, EXCHANGE, REFERENCE = 0, 1, 2
