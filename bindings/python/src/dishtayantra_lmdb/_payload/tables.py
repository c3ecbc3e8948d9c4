"""Tables of documents: named columns where they lie, for whoever takes arrays or Arrow's data, and
the frames that they were.

``docs/tables.md`` describes the bytes.
"""

from __future__ import annotations

from typing import Any

from .._library import core, optional
from .._library.pin import Pin
from ..errors import FormatError, InvalidArgumentError
from .shown import Shown

COLUMNS, ARROW, BATCH, PANDAS, POLARS, PANDAS_SERIES, POLARS_SERIES = 3, 4, 5, 6, 7, 8, 9

_IN_PLACE, _COPY, _MAKE = 0, 1, 2
# The number that stands for all columns.
_ALL = 0xFFFFFFFFFFFFFFFF
# NumPy's dtypes of the values that lie one behind the other, by Arrow's formats.
_DTYPES = {
    "c": "i1",
    "s": "<i2",
    "i": "<i4",
    "l": "<i8",
    "C": "u1",
    "S": "<u2",
    "I": "<u4",
    "L": "<u8",
    "e": "<f2",
    "f": "<f4",
    "g": "<f8",
    "tdm": "<M8[ms]",
    "tts": "<i4",
    "ttm": "<i4",
    "ttu": "<i8",
    "ttn": "<i8",
    **{f"tD{unit}": f"<m8[{unit}{'' if unit == 's' else 's'}]" for unit in "smun"},
}
_PLAIN = frozenset("nbcsilCSILefguUzZ")
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}


def dtype_of(format: str) -> str | None:
    """NumPy's dtype for the values of a format, as they lie; None when it has none."""
    if format[:2] == "ts":
        return f"<M8[{_UNITS[format[2]]}]"
    return _DTYPES.get(format)


class Column(Shown):
    """A column of a table, where it lies: numbers for ``numpy.asarray`` and who takes DLPack, any
    values for whoever takes ``__arrow_c_array__``. It keeps the payload's place.

    Attributes:
        name: its name.
        format: what the values are, as Arrow's C data interface writes it.
        nulls: how many of them are missing.
    """

    __slots__ = (
        "_bits",
        "_children",
        "_data",
        "_dictionary",
        "_flags",
        "_index",
        "_length",
        "_size",
        "_table",
        "format",
        "name",
        "nulls",
    )

    name: str
    format: str
    nulls: int

    def __init__(self, table: Table, index: int) -> None:
        """A column of ``table``; tables make them."""
        (
            self.name,
            self.format,
            self._flags,
            self._length,
            self.nulls,
            self._bits,
            self._data,
            self._size,
            self._dictionary,
            *self._children,
        ) = table._described(index)
        self._table, self._index = table, index

    def __len__(self) -> int:
        return self._length

    @property
    def dictionary(self) -> Column | None:
        """The values that the numbers of this column stand for; None when they are numbers."""
        return Column(self._table, self._dictionary) if self._dictionary else None

    def __repr__(self) -> str:
        return f"<Column {self.name!r}: {self._length} values of format {self.format!r}>"

    def values(self, dtype: Any = None) -> Any:
        """The values as they lie in a row, those that are missing among them, as a NumPy array in
        place; of a dictionary the numbers.

        Args:
            dtype: what they are; default what the format says.

        Raises:
            TypeError: they do not lie in a row, or are of another size.
        """
        numpy = optional.numpy("the values of a column")
        dtype = dtype_of(self.format) if dtype is None else dtype
        if dtype is None:
            raise TypeError(f"column {self.name!r} of format {self.format!r} is no array")
        dtype = numpy.dtype(dtype)
        if dtype.hasobject or dtype.itemsize * self._length != self._size:
            raise TypeError(
                f"column {self.name!r} of format {self.format!r} is no array of {dtype}"
            )
        if not self._length:
            return numpy.empty(0, dtype)
        return numpy.ndarray((self._length,), dtype, self._table, self._data)

    def bits(self) -> Any:
        """The bools of a column of format ``b``, an array of its own."""
        if self.format != "b":
            raise TypeError(f"column {self.name!r} of format {self.format!r} is none of bools")
        return self._unpacked(self._data)

    def missing(self) -> Any | None:
        """Which values are missing, an array of bools of its own; None when none is."""
        if not self._bits:
            numpy = optional.numpy("the values of a column")
            return numpy.ones(self._length, bool) if self.nulls else None
        return ~self._unpacked(self._bits)

    def _unpacked(self, at: int) -> Any:
        numpy = optional.numpy("the values of a column")
        if not self._length:
            return numpy.empty(0, bool)
        packed = numpy.ndarray(((self._length + 7) // 8,), "u1", self._table, at)
        return numpy.unpackbits(packed, count=self._length, bitorder="little").view(bool)

    def list(self) -> list[Any]:
        """The values as Python's: None, bools, numbers, texts, times, bytes, lists and dicts of
        such; decimals and intervals are their bytes.
        """
        return self._table._list(self._index)

    def to_numpy(self) -> Any:
        """The values as a NumPy array: numbers and times in place and read-only, times of the day
        as integers; bools, and floats and times of which some are missing (NaN, NaT), as a copy;
        texts, bytes, lists and structs as objects, None for what is missing.

        Raises:
            TypeError: the values are decimals, intervals, or lists or structs with such or times;
                take them by ``__arrow_c_array__``.
        """
        numpy = optional.numpy("the values of a column")
        missing = self.missing()
        if self._dictionary:
            values = Column(self._table, self._dictionary).to_numpy()
            codes = self.values()
            if missing is None:
                return values[codes]
            found = numpy.full(self._length, None, object)
            found[~missing] = values[codes[~missing]]
            return found
        if self.format == "b":
            array = self.bits()
        elif self.format == "tdD":
            array = self.values("<i4").astype("<M8[D]")
        elif dtype_of(self.format) is not None:
            array = self.values()
        elif self._is_plain():
            found = numpy.empty(self._length, object)
            for index, item in enumerate(self.list()):
                found[index] = item
            return found
        else:
            raise TypeError(
                f"column {self.name!r} of format {self.format!r} is no array; "
                "take it by __arrow_c_array__"
            )
        if missing is None:
            return array
        array = array.astype(array.dtype if array.dtype.kind in "fMm" else object)
        array[missing] = {"f": numpy.nan, "M": "NaT", "m": "NaT"}.get(array.dtype.kind)
        return array

    def _is_plain(self) -> bool:
        """Whether the values are Python's own, and lists and dicts of such."""
        if self.format[0] == "+":
            first, count = self._children
            return all(Column(self._table, first + at)._is_plain() for at in range(count))
        return self.format in _PLAIN or self.format.startswith("w:")

    def _shown_array(self) -> Any:
        if self.nulls:
            raise TypeError(
                f"{self.nulls} values of column {self.name!r} are missing; see to_numpy"
            )
        if self._dictionary:
            raise TypeError(f"column {self.name!r} has a dictionary; see to_numpy")
        return self.values()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.to_numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"an array of {array.dtype} is no {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def _shown_value(self) -> Any:
        try:
            array = self.to_numpy()
        except TypeError:
            # Decimals, intervals and what holds such: Python's own values.
            return optional.pyarrow(f"column {self.name!r}").array(self).to_pylist()
        return array.tolist() if array.dtype.hasobject else array

    def __arrow_c_schema__(self) -> Any:
        return self._table._schema(self._index)

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._table._array(self._index)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table._stream(self._index)


class Table(Shown, core.Table):
    """Named columns where they lie. They keep the payload's place for as long as they, or what was
    made of them, live; any thread may use them.

    It is a table for whoever takes ``__arrow_c_stream__`` or ``__arrow_c_array__``
    (``pyarrow.table(table)``, ``polars.DataFrame(table)``, DuckDB): no number is copied.

    Attributes:
        rows: how many rows there are.
    """

    __slots__ = ()

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [self._described(index)[0] for index in range(self._columns)]

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, as pyarrow calls them."""
        return self.columns

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return self.rows

    @property
    def num_columns(self) -> int:
        """How many columns there are."""
        return self._columns

    def column(self, which: str | int) -> Column:
        """The column of a name, the first if there are several, or of an index.

        Raises:
            KeyError: there is none of the name.
            IndexError: there is none of the index.
        """
        if isinstance(which, str):
            index = self._index(which)
            if index is None:
                raise KeyError(f"the table has no column {which!r}; it has {self.columns}")
            return Column(self, index)
        index = which + self._columns if which < 0 else which
        if not 0 <= index < self._columns:
            raise IndexError(f"the table has {self._columns} columns, none of index {which}")
        return Column(self, index)

    def __getitem__(self, which: str | int) -> Column:
        return self.column(which)

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"<Table of {self.rows} rows: {self.columns}>"

    def _shown_array(self) -> Any:
        raise TypeError("a table is no array; take a column, or __arrow_c_stream__")

    def _shown_value(self) -> Any:
        return restored(self)

    def _exported(self) -> Any:
        return self._shown_array()

    def __arrow_c_schema__(self) -> Any:
        return self._schema(_ALL)

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._array(_ALL)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._stream(_ALL)


def at(pin: Pin, path: tuple[str | int, ...]) -> Table:
    """The table that keys and indices lead to in the document under ``pin``; made of rows, a list
    or columns that are there without being one.

    Raises:
        EntryNotFoundError: they lead nowhere.
        FormatError: there is no table.
        CorruptError: it is damaged.
    """
    try:
        return Table._of(pin, core.find_value(pin, path), _MAKE)
    except InvalidArgumentError as error:
        where = "".join(f"[{step!r}]" for step in path)
        raise FormatError(f"key {pin.key!r} holds no table{where and ' at '}{where}") from error


def whole(pin: Pin) -> Table | None:
    """The table that a document is; None when it is something else."""
    head = bytes(memoryview(pin)[:6])
    return Table._of(pin, 0, _IN_PLACE) if head[:1] == b"\xc9" and head[5:] == b"T" else None


def restore(copy: bool, pin: Pin, at: int) -> Any:
    """What the table at byte ``at`` of a payload was; in place unless ``copy``.

    Raises:
        FormatError: its library is not there.
        Exception: of many kinds, when it is damaged.
    """
    return restored(Table._of(pin, at, _COPY if copy else _IN_PLACE))


def restored(table: Table) -> Any:
    """The frame that ``table`` was; columns and nothing else become a dict of arrays and lists."""
    origin = table._origin
    if origin in (PANDAS, PANDAS_SERIES):
        from . import pandas_restored

        return pandas_restored.restored(table)
    if origin in (POLARS, POLARS_SERIES):
        frame = _polars_frame(table)
        return frame.to_series(0) if origin == POLARS_SERIES else frame
    if origin in (ARROW, BATCH):
        pa = optional.pyarrow("a table of pyarrow")
        return pa.table(table) if origin == ARROW else pa.record_batch(table)
    found = {}
    for index in range(table._columns):
        column = table.column(index)
        found[column.name] = column._shown_value()
    return found


def _polars_frame(table: Table) -> Any:
    polars = optional.module("polars", "a frame of Polars")
    try:
        return polars.DataFrame(table)
    except BaseException as error:
        # What Rust panics with is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"Polars cannot make a frame of it: {error}") from None
