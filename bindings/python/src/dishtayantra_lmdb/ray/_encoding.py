"""Values as they are stored: every type comes back as itself."""

from __future__ import annotations

from typing import Any

from .._library import optional
from .._library.types import DataFormat
from .._payload import formats

# The format is chosen by the value.
BY_VALUE = 0


def number_of(format: DataFormat | str | None) -> int:
    """The number of a format; of None ``BY_VALUE``.

    Raises:
        FormatError: there is no such format.
    """
    return BY_VALUE if format is None else formats.number_of(format)


def encode(value: Any, number: int) -> tuple[int, list[Any]]:
    """A value in the format ``number``: what it is stored in, and its parts.

    Raises:
        FormatError: no format can hold it; the message names the path.
    """
    return formats.encode(value, number or _fitting(value), exact=True, tables=True)


def _fitting(value: Any) -> int:
    if type(value) is bytes:
        return formats.RAW
    numpy = optional.loaded("numpy")
    return formats.NUMPY if numpy is not None and type(value) is numpy.ndarray else formats.MSGPACK
