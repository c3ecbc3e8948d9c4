"""Payloads and answers as messages, each passed to Java, or back, in one piece.

A message is a MessagePack value. Arrays are ext values: a text that names dtype and shape, a line
feed, the items. The Java class ``MessageCalculator`` is the other side.
"""

from __future__ import annotations

import decimal
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any

import msgpack

from ..errors import InvalidArgumentError
from .passing import TOO_DEEP, Passing, fitting
from .values import array_of

_ARRAY, _INTEGER, _DECIMAL = 1, 2, 3


class _Message(Passing):
    """What MessagePack packs."""

    def _map(self, items: dict[str, Any]) -> Any:
        return items

    def _list(self, items: list[Any]) -> Any:
        return items

    def _binary(self, value: bytes) -> Any:
        return value

    def _array(self, header: str, items: bytes) -> Any:
        return msgpack.ExtType(_ARRAY, b"%b\n%b" % (header.encode(), items))

    def _large(self, value: int) -> Any:
        return value


_MESSAGE = _Message()


def written(payload: Mapping[str, Any]) -> bytes:
    """A payload as a message.

    Raises:
        InvalidArgumentError: it holds what cannot be passed.
    """
    values = _MESSAGE._passed(payload)
    try:
        message: bytes = msgpack.packb(values)
    except ValueError:
        # Nothing else is left that the packer refuses.
        raise InvalidArgumentError(TOO_DEEP) from None
    return fitting(message, "")


def read(answer: str) -> Any:
    """What an answer holds, a message in Base64."""
    return msgpack.unpackb(a2b_base64(answer), ext_hook=_extension, strict_map_key=False)


def _extension(code: int, data: bytes) -> Any:
    if code == _INTEGER:
        return int.from_bytes(data, "big", signed=True)
    if code == _DECIMAL:
        return decimal.Decimal(data.decode())
    end = data.index(b"\n")
    return array_of(data[:end].decode(), bytearray(memoryview(data)[end + 1 :]))
