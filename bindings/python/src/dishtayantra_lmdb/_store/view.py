"""Payloads in place.

An array, table or memoryview of a view stays valid for as long as it lives, whatever happens to the
entry, the view or the store: it keeps the payload's place in the map. It is read-only.
"""

from __future__ import annotations

from typing import Any

from .._library import core, optional
from .._library.keys import key_text
from .._library.pin import Pin
from .._library.types import DataEnvelope, DataFormat
from .._payload import formats
from ..errors import FormatError, StoreClosedError


class View(core.View):
    """One payload, looked at where it lies. Use it in a ``with`` block, or close it.

    Closing ends the view at once. What was made from it lives on, and the payload's place is kept
    until the last of that is gone. Any thread may use a view.

    Attributes:
        memory: the payload as a read-only memoryview. Closing the view releases it, but not what
            was made from it. Raises StoreClosedError when the view is closed.
    """

    __slots__ = ()

    @property
    def key(self) -> str:
        """The key of the payload."""
        return key_text(self._key)

    def _open_pin(self) -> Pin:
        pin: Pin | None = self._pin
        if pin is None:
            raise StoreClosedError(f"the view of key {self.key!r} is closed")
        pin.check()
        return pin

    @property
    def closed(self) -> bool:
        """Whether the view was closed."""
        return self._pin is None

    @property
    def format(self) -> DataFormat:
        """The format of the payload."""
        return format_of(self._open_pin())

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return self._open_pin().size

    @property
    def address(self) -> int:
        """Where the payload lies in this process."""
        return self._open_pin().address

    @property
    def file_offset(self) -> int:
        """Where the payload lies in the store's file; 0 when it is inside its record."""
        return int(self._open_pin().info().file_offset)

    @property
    def envelope(self) -> DataEnvelope:
        """What is stored with the payload."""
        return envelope_of(self._open_pin(), self.key)

    def array(self, dtype: Any = None) -> Any:
        """The payload as a read-only NumPy array in place.

        Args:
            dtype: for a raw payload, how to read it; default bytes.

        Raises:
            FormatError: the payload is no array, or NumPy is not there.
        """
        pin = self._open_pin()
        if pin.format == formats.NUMPY:
            return formats.decode(pin, False)
        if pin.format == formats.RAW:
            numpy = optional.numpy("View.array")
            try:
                return numpy.frombuffer(pin, "u1" if dtype is None else dtype)
            except (TypeError, ValueError) as error:
                raise FormatError(f"key {self.key!r} cannot be read as {dtype}: {error}") from error
        raise FormatError(f"key {self.key!r} holds format {format_of(pin).value}, not numpy or raw")

    def table(self) -> Any:
        """The payload as a pyarrow Table or RecordBatch in place.

        Raises:
            FormatError: the payload is no table, or pyarrow is not there.
        """
        pin = self._open_pin()
        if pin.format != formats.ARROW:
            raise FormatError(f"key {self.key!r} holds format {format_of(pin).value}, not arrow")
        return formats.decode(pin, False, table=True)

    def value(self, copy: bool | None = None) -> Any:
        """The payload as what ``get`` returns."""
        return formats.decode(self._open_pin(), bool(copy))

    def verify(self) -> None:
        """Compares the payload with its checksum, when it has one.

        Raises:
            CorruptError: they differ.
        """
        self._open_pin().verify()

    def __repr__(self) -> str:
        pin = self._pin
        state = "closed" if pin is None else f"{format_of(pin).value}, {pin.size} bytes"
        return f"<View of {self.key!r}: {state}>"


def format_of(pin: Pin) -> DataFormat:
    """The format of the payload under ``pin``."""
    try:
        return formats.BY_NUMBER[pin.format]
    except KeyError:
        raise FormatError(
            f"key {pin.key!r} has format {pin.format}, which this version does not know"
        ) from None


def envelope_of(pin: Pin, key: str) -> DataEnvelope:
    """The envelope of the entry under ``pin``."""
    info = pin.info()
    return DataEnvelope(
        txn_id=pin.txn_id,
        key=key,
        format=format_of(pin),
        timestamp=info.created_ns / 1e9,
        ttl=info.ttl_ms / 1000,
        size=pin.size,
        source=pin.source,
        target=pin.target,
        checksum=info.checksum,
    )
