"""References, the small mappings that travel in place of payloads, made and read by the engine."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .._library import core
from .._library.abi import fail, lib, log_warnings
from .._library.handles import REFERENCE, Handle
from .._library.origin import is_of_its_class
from .._library.pin import Pin
from .._payload import formats, msgpack
from ..errors import CorruptError
from .store import Store

REF = "_lmdb_ref"
INPUT_KEY = "_lmdb_input_key"
OUTPUT_KEY = "_lmdb_output_key"
DB_PATH = "_lmdb_db_path"
DB_NAME = "_lmdb_db_name"
FORMAT = "_lmdb_format"
TXN_ID = "_txn_id"
ENTRY = "_lmdb_entry"
# What the names of markers begin with: one for each of the references that were merged.
MARKER = "_lmdb_ref_"
OUTPUT_WRITTEN = "_lmdb_output_written"

_WIRE_NAMES = (REF, INPUT_KEY, OUTPUT_KEY, DB_PATH, DB_NAME, FORMAT, TXN_ID, ENTRY)

_PACKING = msgpack.packing(segments=True, pack_lists=False)


def is_reference(value: object) -> bool:
    """Whether ``value`` is a mapping that stands for a payload, whatever else is in it."""
    return _says(value, REF)


def is_output_written(value: object) -> bool:
    """Whether a calculator's answer says that the result is in the store."""
    return _says(value, OUTPUT_WRITTEN)


def _says(value: object, name: str) -> bool:
    if isinstance(value, dict):
        return dict.get(value, name) is True
    try:
        return isinstance(value, Mapping) and value.get(name) is True
    except Exception as error:
        # Somebody else's class: what cannot be asked says nothing.
        if not is_of_its_class(error):
            raise
        return False


# The stores that references led to so far.
_led_to: set[Any] = set()


def note_warnings(db_path: Any) -> None:
    """Logs what the library had to say when a reference led to a store for the first time: that is
    when it is opened.
    """
    if db_path not in _led_to:
        _led_to.add(db_path)
        log_warnings()


def speaks_protocol(value: Any) -> bool:
    """Whether a value may hold names of the protocol; most results are dicts without."""
    if type(value) is not dict:
        return isinstance(value, Mapping)
    for key in value:  # noqa: SIM110 - a generator would cost more than the loop
        if isinstance(key, str) and key.startswith("_"):
            return True
    return False


def stripped(value: Any) -> Any:
    """A result without the names of the protocol; a result that has none of them as it is."""
    if not isinstance(value, dict):
        return value
    # Not by the methods of a class that may have its own.
    kept = {
        key: item
        for key, item in dict.items(value)
        if not isinstance(key, str) or not (key.startswith("_lmdb_") or key == TXN_ID)
    }
    return kept if len(kept) < dict.__len__(value) else value


class Reference:
    """A reference in the engine's hands."""

    __slots__ = ("_fields", "_handle")

    def __init__(self, handle: int | None) -> None:
        """Takes over ``handle``."""
        self._handle = Handle._of(handle or 0, REFERENCE)
        # As the engine said them, until one is set.
        self._fields: dict[str, Any] | None = None

    @property
    def value(self) -> int | None:
        """The handle."""
        return self._handle.value

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Reference:
        """The reference that a mapping is; names that are not of the protocol are left out.

        Raises:
            CorruptError: it is none.
        """
        known = fields if type(fields) is dict else {name: fields.get(name) for name in _WIRE_NAMES}
        try:
            return cls(core.parse(Pin, known))
        except (TypeError, UnicodeEncodeError):
            return cls._parse(fields)

    @classmethod
    def _parse(cls, fields: Mapping[str, Any]) -> Reference:
        """As :meth:`parse`; the engine says what is wrong with a field that is no text."""
        known = {name: fields[name] for name in _WIRE_NAMES if fields.get(name) is not None}
        try:
            text = json.dumps(known).encode()
        except TypeError as error:
            raise CorruptError(
                f"the reference {known!r} holds what no reference can: {error}"
            ) from error
        handle = ctypes.c_void_p()
        status = lib.reference_parse(text, len(text), ctypes.byref(handle))
        if status:
            fail(status)
        return cls(handle.value)

    def fields(self) -> dict[str, Any]:
        """The reference as the mapping that travels, for the caller to keep."""
        if self._fields is None:
            self._fields = core.fields(self._handle.value or 0)
        return self._fields.copy()

    def set(self, name: str, value: str) -> None:
        """Sets one field by its wire name."""
        self._fields = None
        name_bytes, value_bytes = name.encode(), value.encode()
        status = lib.reference_set(
            self.value, name_bytes, len(name_bytes), value_bytes, len(value_bytes)
        )
        if status:
            fail(status)

    def view_input(self) -> Pin:
        """Pins the payload that the reference stands for, which counts as opening it.

        Raises:
            EntryNotFoundError: it is missing or expired.
        """
        return core.view_input(Pin, self._handle.value or 0)

    def put_output(self, number: int, parts: Sequence[Any], ttl_ms: int, flags: int = 0) -> None:
        """Puts the output under the key that the reference names for it."""
        settings = number, flags, ttl_ms, b"", b"", b""
        core.put_output(Store, self._handle.value or 0, parts, settings)

    def put_output_of(self, value: Any, number: int, ttl_ms: int) -> None:
        """Puts a value as the output, in a format, so that every type comes back as itself.

        Raises:
            FormatError: no format can hold it.
        """
        settings = number, 0, ttl_ms, b"", b"", b""
        given = self._handle.value or 0
        if core.put_packed(Store, given, value, _PACKING, settings):
            return
        number, parts = formats.encode(value, number, exact=True)
        core.put_output(Store, given, parts, (number, *settings[1:]))

    def settle_direct(self) -> None:
        """Says that the calculator answers by its return value: nobody waits for an output."""
        status = lib.reference_settle_direct(self.value)
        if status:
            fail(status)
