"""Payloads in place.

An array, table or memoryview of a view stays valid for as long as it lives, whatever happens to the
entry, the view or the store: it keeps the payload's place in the map. It is read-only.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .._library import core, optional
from .._library.keys import key_text
from .._library.pin import Pin
from .._library.types import DataEnvelope, DataFormat
from .._payload import formats, npy, tables
from .._payload.shown import Shown
from ..errors import FormatError, StoreClosedError
from .html import table_of_facts


class View(Shown, core.View):
    """One payload, looked at where it lies. Use it in a ``with`` block, or close it.

    Closing ends the view at once. What was made from it lives on, and the payload's place is kept
    until the last of that is gone. Any thread may use a view.

    A view of an array is one for ``numpy.asarray(view)``, ``memoryview(view)`` and whatever else
    takes a buffer, ``__array__`` or ``__dlpack__``; one of bytes is those bytes; one of a table is
    one for whatever takes ``__arrow_c_stream__``. All of it is in place and read-only. A view of
    anything else raises TypeError there.

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
        """The payload as a read-only NumPy array in place: one in format ``numpy``, or a document
        that is nothing but an array.

        Args:
            dtype: for a raw payload, how to read it; default bytes.

        Raises:
            FormatError: the payload is no array, or NumPy is not there.
        """
        pin = self._open_pin()
        array = formats.array_of(pin)
        if array is not None:
            return array
        if pin.format == formats.RAW:
            numpy = optional.numpy("View.array")
            try:
                return numpy.frombuffer(pin, "u1" if dtype is None else dtype)
            except (TypeError, ValueError) as error:
                raise FormatError(f"key {self.key!r} cannot be read as {dtype}: {error}") from error
        raise FormatError(self._no_array(pin))

    def _no_array(self, pin: Pin) -> str:
        return (
            f"key {self.key!r} holds format {format_of(pin).value}, and no array; "
            "value() gives what it is"
        )

    def table(self, *path: str | int) -> Any:
        """A table in place: of a document a :class:`~dishtayantra_lmdb.Table` (frames, and lists of
        rows or texts that were stored with ``tables``), of format ``arrow`` pyarrow's Table or
        RecordBatch. Both have ``num_rows``, ``column_names``, ``column(name)`` and
        ``__arrow_c_stream__``. Of plain rows, lists and dicts of columns a table is made: a copy.

        Args:
            path: the keys and indices that lead to it; none: it is the payload.

        Raises:
            EntryNotFoundError: the path leads nowhere.
            FormatError: there is no table, or pyarrow is not there for format ``arrow``.
            CorruptError: it is damaged.
        """
        pin = self._open_pin()
        if pin.format == formats.ARROW and not path:
            return formats.decode(pin, False, table=True)
        if pin.format != formats.MSGPACK:
            wanted = "msgpack" if path else "arrow or msgpack"
            raise FormatError(f"key {self.key!r} holds format {format_of(pin).value}, not {wanted}")
        return tables.at(pin, path)

    def value(self, copy: bool | None = None) -> Any:
        """The payload as what ``get`` returns."""
        return formats.decode(self._open_pin(), bool(copy))

    def verify(self) -> None:
        """Compares the payload with its checksum, when it has one.

        Raises:
            CorruptError: they differ.
        """
        self._open_pin().verify()

    def _shown_array(self) -> Any:
        pin = self._open_pin()
        if pin.format == formats.RAW:
            return optional.numpy("an array").frombuffer(pin, "u1")
        array = formats.array_of(pin)
        if array is None:
            raise TypeError(self._no_array(pin))
        return array

    def _shown_table(self) -> Any | None:
        pin = self._open_pin()
        if pin.format == formats.ARROW:
            return self.table()
        return tables.whole(pin) if pin.format == formats.MSGPACK else None

    def _shown_value(self) -> Any:
        return self.value()

    def _exported(self) -> Any:
        pin = self._open_pin()
        # Bytes take no NumPy.
        return pin if pin.format == formats.RAW else self._shown_array()

    def __len__(self) -> int:
        """Bytes of a raw payload, rows of a table, else what ``len`` of the value says."""
        pin = self._open_pin()
        if pin.format == formats.RAW:
            return pin.size
        table = self._shown_table()
        if table is not None:
            return int(table.num_rows)
        array = formats.array_of(pin)
        return len(self.value() if array is None else array)

    def __repr__(self) -> str:
        pin = self._pin
        if pin is None:
            return f"<View of {self.key!r}: closed>"
        what = f"{format_of(pin).value}, {pin.size} bytes"
        if pin.format == formats.NUMPY and not pin.forked:
            array = npy.described(pin)
            what = f"{what}, {array}" if array else what
        return f"<View of {self.key!r}: {what}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the entry's envelope, and of an array or table what it is."""
        pin = self._pin
        if pin is None or pin.forked:
            return table_of_facts(repr(self), {})
        envelope = envelope_of(pin, self.key)
        stored = datetime.fromtimestamp(envelope.timestamp, timezone.utc)
        facts: dict[str, object] = {
            "format": envelope.format.value,
            "bytes": f"{envelope.size:,}",
            "stored": stored.isoformat(timespec="milliseconds"),
            "time to live": f"{envelope.ttl:g} s" if envelope.ttl else "until deleted",
            "exchange id": envelope.txn_id,
            "source": envelope.source,
            "target": envelope.target,
        }
        if pin.format == formats.NUMPY:
            facts["array"] = npy.described(pin)
        return table_of_facts(f"entry {self.key}", facts)


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
