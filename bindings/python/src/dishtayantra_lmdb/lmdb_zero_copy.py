"""Payloads in place: :class:`View`, :class:`Loan`, the mixin for calculators that read and write
them, and the shortcuts.

An array, table or memoryview of a view stays valid for as long as it lives, whatever happens to the
entry, the view or the store: it keeps the payload's place in the map. It is read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _formats, _objects, _optional
from ._keys import key_text
from ._loan import Loan
from ._mixin import LMDBCalculatorMixin
from ._pin import Pin
from .errors import FormatError, StoreClosedError
from .lmdb_types import DataEnvelope, DataFormat, LMDBConfig

if TYPE_CHECKING:
    from .lmdb_transport import LMDBTransport

__all__ = [
    "LMDBCalculatorMixin",
    "LMDBConfig",
    "LMDBTransport",
    "Loan",
    "View",
    "get_transport",
    "lmdb_delete",
    "lmdb_get",
    "lmdb_put",
]


def __getattr__(name: str) -> Any:
    # Its module imports this one, so it can be had from here only once both are there.
    if name == "LMDBTransport":
        from .lmdb_transport import LMDBTransport

        return LMDBTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class View(_objects.View):
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
        if pin.format == _formats.NUMPY:
            return _formats.decode(pin, False)
        if pin.format == _formats.RAW:
            numpy = _optional.numpy("View.array")
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
        if pin.format != _formats.ARROW:
            raise FormatError(f"key {self.key!r} holds format {format_of(pin).value}, not arrow")
        return _formats.decode(pin, False, table=True)

    def value(self, copy: bool | None = None) -> Any:
        """The payload as what ``get`` returns."""
        return _formats.decode(self._open_pin(), bool(copy))

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
        return _formats.BY_NUMBER[pin.format]
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


def get_transport(path: str | None = None, *, db_path: str | None = None) -> LMDBTransport:
    """The transport of ``path``, opened: one per directory and process.

    Args:
        path: directory of the store; default :func:`lmdb_types.default_db_path`.
        db_path: another name of ``path``.
    """
    from .lmdb_transport import LMDBTransport

    return LMDBTransport.get_instance(path, db_path=db_path)


def lmdb_put(key: str, data: Any, **options: Any) -> str:
    """:meth:`LMDBTransport.put` on the default store."""
    return get_transport().put(key, data, **options)


def lmdb_get(key: str, **options: Any) -> Any:
    """:meth:`LMDBTransport.get` on the default store."""
    return get_transport().get(key, **options)


def lmdb_delete(key: str, **options: Any) -> bool:
    """:meth:`LMDBTransport.delete` on the default store."""
    return get_transport().delete(key, **options)
