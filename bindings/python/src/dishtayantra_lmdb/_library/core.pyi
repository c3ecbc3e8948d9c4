from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Buffer, Self

from .._payload.formats import Getting
from .._payload.msgpack import Packing
from .._store.store import Store
from .types import Settings

class Hold(Buffer):
    """What the memory of a loan belongs to: gives the loan back when the last of it is gone."""

    # Where the loan begins.
    address: int
    # Whether it was made before a fork.
    forked: bool

class Handle:
    """A handle of the library."""

    # None when it was given back.
    value: int | None

    @classmethod
    def _of(cls, value: int, kind: int, /) -> Self: ...
    def close(self) -> None: ...

_Pin = TypeVar("_Pin", bound=Pin)

class Caller:
    """What the calls of one wrapped calculator have in common."""

    @classmethod
    def _of(
        cls,
        owner: Any,
        exchange: int,
        least: int,
        pin: type[Pin],
        encode: Callable[[Any], tuple[int, list[Any]]],
        packing: tuple[Any, ...],
        format: int,
        size: Callable[[Any, int], int],
        looking: tuple[Any, Any],
        getting: tuple[Any, ...],
        place: tuple[str, str, str],
        /,
    ) -> Self: ...
    def calculate(self, wrapper: Any, calculate: Callable[[Any], Any], payload: Any, /) -> Any:
        """Calls a calculator by way of the exchange; the result.

        Args:
            wrapper: its methods ``_otherwise``, ``_answered``, ``_not_stored``, ``_went_on``,
                ``_finished`` and ``_not_cleaned`` go on when something is unusual.
            calculate: the calculator.
            payload: what it is to get.
        """

class Pin(Buffer):
    """One view of the library; shows its payload as a buffer."""

    _as_parameter_: int
    address: int
    size: int
    format: int
    flags: int
    # Whether it was made before a fork.
    forked: bool

    @classmethod
    def _open(cls, store: int, db: str | bytes, key: str | bytes, flags: int, /) -> Self | None: ...
    @classmethod
    def _of(cls, view: int, size: int, address: int, format: int, flags: int, /) -> Self: ...

class _Block(Buffer):
    """Used in a ``with`` block."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

class Loan(_Block):
    """Memory in the map."""

    size: int
    closed: bool
    memory: memoryview
    _store: Store
    _db: str | bytes
    _key: str | bytes
    _settings: Settings
    _hold: Hold | None
    # 0 until it is published.
    _entry_id: int
    _arrays: list[Any] | None
    _layout: tuple[Any, tuple[int, ...]] | None

    @classmethod
    def _take(
        cls,
        hold: type[Hold],
        store: Store,
        handle: int,
        db: str | bytes,
        key: str | bytes,
        size: int,
        room: int,
        settings: Settings,
        /,
    ) -> Self: ...

    # Publishes; the id of the entry. By _publish_copy when copy, or when the memory is reached
    # by somebody; keep: the pages stay for as long as the hold.
    def _end(self, size: int, copy: bool, keep: bool, /) -> int: ...

    # Drops the loan, as late as the hold when keep.
    def _give_up(self, keep: bool, /) -> None: ...

def put(
    holder: type[Store],
    store: int,
    db: str | bytes,
    key: str | bytes,
    parts: Sequence[Any],
    settings: Settings,
    /,
) -> int:
    """Puts the payload that buffers make together; the id of the entry."""

def put_input(
    holder: type[Store], exchange: int, txn_id: str, parts: Sequence[Any], format: int, /
) -> int:
    """Puts the input of an exchange; the reference that travels."""

def put_output(
    holder: type[Store], reference: int, parts: Sequence[Any], settings: Settings, /
) -> int:
    """Puts the output that a reference names a key for; the id of the entry."""

def put_many(
    holder: type[Store],
    store: int,
    db: str | bytes,
    entries: Sequence[tuple[str | bytes, Sequence[Any], Settings]],
    /,
) -> int:
    """Puts all of the entries (key, parts, settings), or none; how many there are."""

def fields(reference: int, /) -> dict[str, Any]:
    """A reference as the mapping that travels."""

def parse(holder: type[Pin], mapping: dict[str, Any], /) -> int:
    """The reference that a dict is.

    Raises:
        TypeError: a field is of another type than references have.
    """

def view_input(pin: type[_Pin], reference: int, /) -> _Pin:
    """Pins what a reference stands for, which counts as opening it."""

def pack(
    value: Any,
    answer: Callable[[Any, int | None], tuple[Any, ...]],
    kinds: dict[type, int],
    flags: int,
    /,
) -> list[Any]:
    """The parts of ``value`` as one MessagePack value.

    Args:
        value: the payload.
        answer: what stands for an item that has no counterpart, at a position of the payload:
            ``(item,)`` to pack instead, ``(head, data, size)`` to write as it is, with
            a buffer of so many bytes behind, ``(frame, None)`` for the table of a :class:`Frame`,
            or ``(type, prefix, item, opaque)`` for an ext value.
        kinds: the number of NumPy's types; 0: always asked for.
        flags: 1: ext values may be written; 2: types are kept; 4: long lists of numbers become
            segments, where ext values may be written; 8: every array is asked about; 16: long
            lists of uniform dicts, and of texts, become tables, where ext values may be written.
    """

def learn_arrays(array: type, dtypes: Sequence[tuple[Any, int]], /) -> None:
    """Tells of NumPy's type of arrays, and its dtypes with the codes that segments have for them:
    plain arrays need no functions of Python's then.
    """

def learn_times(functions: Any, samples: tuple[tuple[Any, int | None], ...], /) -> None:
    """Tells of the module ``datetime``: its capsule, and objects with the numbers that they are to
    be, None for those that no number stands for. Unless all are so, none is a number.
    """

def unpack(
    owner: Pin,
    address: int,
    size: int,
    segment: Callable[..., Any],
    extension: Callable[[int, bytes], Any],
    named: Callable[[str, Any], Any],
    exact: Callable[[int], Callable[[Any], Any]],
    table: Callable[[Pin, int], Any],
    /,
) -> Any:
    """The value of the MessagePack payload of ``size`` bytes at ``address``.

    Args:
        owner: what keeps it.
        address: where it is.
        size: its bytes.
        segment: makes an array, of owner, offset, size, dtype, unit, flags and shape.
        extension: what an ext value of this type and body is.
        named: what a Python type of this name makes of a value.
        exact: what makes a value of a kind of the plain one.
        table: makes what a table was that was no list, of owner and position.
    """

def read(
    pin: Pin,
    readers: tuple[
        Callable[..., Any],
        Callable[[int, bytes], Any],
        Callable[[str, Any], Any],
        Callable[[int], Callable[[Any], Any]],
        Callable[[Pin, int], Any],
        int,
    ],
    /,
) -> Any:
    """The value of the MessagePack payload under a pin.

    Args:
        pin: the payload.
        readers: the last arguments of :func:`unpack`, and flags: 1: arrays are copies of their own;
            2: what was packed as a list is one again.
    """

def put_value(
    holder: type[Store],
    store: int,
    db: str | bytes,
    key: str | bytes,
    value: Any,
    settings: Settings,
    packing: Packing,
    /,
) -> str | None:
    """Puts a value in the format of the settings; the id of the entry, None when it has to be
    encoded in Python.

    Args:
        holder: what raises failures.
        store: the handle.
        db: the named database.
        key: the key.
        value: the payload.
        settings: how it is put.
        packing: the last arguments of :func:`pack`, and what raises when that fails.
    """

def put_values(
    holder: type[Store],
    store: int,
    db: str | bytes,
    pairs: list[tuple[str | bytes, Any]],
    settings: Settings,
    packing: Packing,
    /,
) -> list[str] | None:
    """Puts all values, with keys and new exchange ids, or none; the ids, None when a value has to
    be encoded in Python.
    """

def get_value(
    pin: type[Pin],
    store: int,
    db: str | bytes,
    key: str | bytes,
    flags: int,
    getting: Getting,
    /,
) -> Any:
    """The value under a key; None when there is no live entry.

    Args:
        pin: the class of pins.
        store: the handle.
        db: the named database.
        key: the key.
        flags: 1: the payload is held to its checksum.
        getting: the readers for :func:`read`, those for a store that admits others, what decodes
            other formats, what raises when reading fails, and whether arrays are copies.
    """

def get_values(
    pin: type[Pin],
    store: int,
    db: str | bytes,
    keys: Iterable[str | bytes],
    flags: int,
    getting: Getting,
    /,
) -> dict[Any, Any]:
    """The values under keys; those without a live entry are left out."""

def size_up_to(value: Any, limit: int, other: Callable[[Any, int], int], /) -> int:
    """The size of a payload in bytes, roughly; at most ``limit``.

    Args:
        value: the payload.
        limit: where to stop.
        other: the size of an item that is none of Python's own types nor a plain array; it has no
            need to look further than at so many bytes.
    """

class Frame:
    """Columns that are to be packed as a table."""

    @classmethod
    def _of(
        cls, origin: int, rows: int, metadata: bytes, columns: tuple[tuple[Any, ...], ...], /
    ) -> Self:
        """Of columns, each ``(name, stream)``, ``(name, list)`` or ``(name, format, flags, length,
        nulls, validity, offsets, data, dictionary)``: buffers or None, and a column or None.

        Raises:
            ValueError: they make no table.
        """
    @classmethod
    def _import(cls, origin: int, stream: Any, /) -> Self:
        """Of the table that a capsule's stream of Arrow's gives, which is read to its end.

        Raises:
            ValueError: it gives something else, or fails.
        """

class Table(Buffer):
    """A table where it lies, a buffer from its head on, checked whole. An index is a column's, the
    columns first and then those that they have; for capsules a greater one is the table's.
    """

    rows: int
    _columns: int
    _origin: int
    # Where it lies.
    _address: int

    @classmethod
    def _of(cls, pin: Pin, at: int, how: int, /) -> Self:
        """The table at a byte of a payload: 0: in place; 1: its bytes are its own; 2: in place, or
        made of the plain value that is there.

        Raises:
            InvalidArgumentError: something else is there.
            CorruptError: it is damaged.
        """
    @classmethod
    def _of_frame(cls, frame: Frame, /) -> Self: ...
    def _stream(self, index: int, /) -> Any: ...
    def _schema(self, index: int, /) -> Any: ...
    def _array(self, index: int, /) -> tuple[Any, Any]: ...
    def _described(
        self, index: int, /
    ) -> tuple[str, str, int, int, int, int, int, int, int, int, int]:
        """Name, format, flags, length, values that are missing, where the bits for that begin from
        the head on (0: there are none), where the data do, their size, the indices of the
        dictionary (0: none) and of the first child, and how many children there are.
        """
    def _list(self, index: int, /) -> list[Any]:
        """The values of a column.

        Raises:
            ValueError: they are no plain ones.
        """
    def _index(self, name: str, /) -> int | None: ...
    def _metadata(self) -> bytes: ...

def find_value(pin: Pin, path: tuple[str | int, ...], /) -> int:
    """At which byte of a document the value begins that keys and indices lead to.

    Raises:
        EntryNotFoundError: they lead nowhere.
        InvalidArgumentError: there is no map or array in between.
    """

def holds_references(
    value: Any,
    parts: Callable[[Any], dict[Any, Any] | None],
    known: dict[type, None],
    /,
) -> bool:
    """Whether a mapping in ``value`` is a reference, or several.

    Args:
        value: looked through are its dicts, lists and tuples, and what is derived from them.
        parts: what a mapping of another type holds; None: it is none.
        known: types that are none, and not asked about.
    """

def new_txn_id() -> str:
    """An id for an exchange that no other thread or process makes."""

class View(_Block):
    """One payload in place."""

    memory: memoryview
    _key: str | bytes
    # None when it is closed.
    _pin: Any

    @classmethod
    def _open(
        cls, pin: type[Pin], store: int, db: str | bytes, key: str | bytes, /
    ) -> Self | None: ...
    def close(self) -> None: ...

def should(holder: type[Store], exchange: int, size: int, /) -> bool:
    """Whether an input of so many bytes goes through the store."""

def ignored(holder: type[Store], exchange: int, /) -> bool:
    """Whether a calculator was found to ignore references."""

def judge(
    holder: type[Store], exchange: int, reference: int, answer: int, ms: int, /
) -> int | None:
    """What a calculator's answer means; None: that was not decided within so many milliseconds."""

def settle(
    holder: type[Store], exchange: int, reference: int, answer: int, ms: int, /
) -> int | None:
    """As :func:`judge`, for who can only take an answer or repeat a call."""

def put_packed(
    holder: type[Store],
    reference: int,
    value: Any,
    packing: tuple[Any, ...],
    settings: Settings,
    /,
) -> bool:
    """Puts a value, packed, as the output that a reference names a key for.

    Returns:
        False when nothing was put, because that takes more than the library does.

    Raises:
        FormatError: it cannot be stored.
    """
