"""The transport: puts payloads of any format into a store and gets them back."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._library.abi import PUT_CHECKSUM, lmdb_version, logger, version
from .._library.core import Hold, get_value, get_values, new_txn_id, put_value, put_values
from .._library.fork import generation as _generation
from .._library.keys import key_text, text_bytes
from .._library.pin import Pin
from .._library.types import (
    DataEnvelope,
    DataFormat,
    LMDBConfig,
    Settings,
    ttl_milliseconds,
    whole_number,
)
from .._payload import formats, msgpack
from .._payload import progress as _progress
from .._payload.progress import Progress
from ..errors import EntryNotFoundError, InvalidArgumentError, LMDBTimeoutError
from . import resolve as _resolve
from .html import table_of_facts
from .loan import NPY_ROOM, Loan
from .opening import StoreHolder
from .store import Store
from .view import View, envelope_of
from .waiting import wait_in_slices
from .watching import first, first_awaited

_RAW, _NUMPY = formats.RAW, formats.NUMPY
_take_loan, _open_view = Loan._take, View._open
_packing, _getting, _numbers = msgpack.PACKING, formats.getting, formats.NUMBERS
_is_logged = logger.isEnabledFor
_MISSING = object()
# Keys that a message names.
_NAMED = 3
_PAGE_COUNTS = ("branch_pages", "leaf_pages", "overflow_pages")


class LMDBTransport(StoreHolder):
    """A store with a format and a time to live for what is put into it.

    Every method may be called from any thread. A transport pickles as its configuration and is open
    again when it was open; a forked child reopens it by itself. Opening one directory twice in a
    process gives the same store.

    Values that ``get`` returns are independent of the transport. Arrays and tables look at the
    payload in place and keep it there for as long as they live, whatever happens to the entry; they
    are read-only.
    """

    def __init__(self, config: LMDBConfig | str | os.PathLike[str] | None = None) -> None:
        """A transport that is not open yet.

        Args:
            config: how to open the store, or its directory; default :class:`LMDBConfig`.

        Raises:
            ConfigError: it is neither.
        """
        super().__init__(config)
        # By format: what of the configuration they were made with, and the settings of a put that
        # says nothing else.
        self._usual: dict[int, tuple[float, bool, Settings]] = {}

    def _settings(
        self,
        number: int,
        ttl: float | None,
        source: str,
        target: str,
        txn_id: bytes = b"",
    ) -> Settings:
        """How a payload is put. The usual ones are the same object each time."""
        config = self.config
        usual = ttl is None and source == target == "" and not txn_id
        if usual:
            known = self._usual.get(number)
            if known is not None:
                ttl_seconds, checksum, settings = known
                if ttl_seconds is config.ttl_seconds and checksum is config.checksum:
                    return settings
        ttl_ms = ttl_milliseconds(config.ttl_seconds if ttl is None else ttl)
        flags = PUT_CHECKSUM if config.checksum else 0
        try:
            settings = number, flags, ttl_ms, txn_id, source.encode(), target.encode()
        except AttributeError:
            name, value = ("target", target) if isinstance(source, str) else ("source", source)
            raise TypeError(f"{name} is {value!r}; it must be a str") from None
        if usual:
            self._usual[number] = config.ttl_seconds, config.checksum, settings
        return settings

    def _number(self, wanted: DataFormat | str | None) -> int:
        if wanted is None:
            wanted = self.config.data_format
        if type(wanted) is DataFormat:
            return wanted.number
        return (_numbers.get(wanted) if type(wanted) is str else None) or formats.number_of(wanted)

    def put(
        self,
        key: str | bytes,
        data: Any,
        format: DataFormat | str | None = None,
        ttl: float | None = None,
        source: str = "",
        target: str = "",
        db_name: str = "default",
        segments: bool = True,
        pack_lists: bool = False,
        exact: bool = False,
        *,
        tables: bool = False,
        progress: Progress | None = None,
    ) -> str:
        """Stores a payload; an entry that is under the key is replaced.

        Args:
            key: 1 to 511 bytes of UTF-8.
            data: the payload. It is read while the call runs and not referred to afterwards.
            format: how to store it; default the configuration's. What the format cannot hold is
                stored as msgpack.
            ttl: seconds to live; 0 = until deleted; default the configuration's.
            source: who puts it.
            target: whom it is for.
            db_name: the named database.
            segments: arrays in msgpack as typed segments, read in place by every language;
                otherwise nothing but plain MessagePack is written, and what it cannot hold raises.
            pack_lists: in msgpack, long lists of floats or of ints as typed segments.
            tables: lists of 64 and more dicts with the same keys, or of texts, and frames and
                series of pandas, Polars and pyarrow, as tables in msgpack, read in place by every
                language; they come back as what they were. Not in format ``arrow``.
            exact: every type comes back as itself, or what cannot raises; otherwise tuples come
                back as lists, frames as Tables and so on (``_payload.formats`` has the table).
            progress: ``tqdm.tqdm``, or what takes ``total``, ``desc``, ``unit`` and ``unit_scale``
                and gives something with ``update`` and ``close``: called when copying the payload
                takes longer than a second.

        Returns:
            The exchange id of the entry.

        Raises:
            FormatError: something in the payload cannot be stored; the message names the path.
            BadKeyError: the key or the database name is not allowed.
            MapFullError: the store is full.
            LMDBError: another of its kinds says what went wrong.
        """
        store = self._store
        if store is None or self._generation != _generation[0]:
            store = self._ready()
        number = (_numbers.get(format) if type(format) is str else None) or self._number(format)
        began = time.perf_counter_ns() if _is_logged(logging.DEBUG) else 0
        if not began and progress is None:
            # What most puts have at hand: the call alone would be a tenth of theirs.
            usual = self._usual.get(number) if ttl is None and source == target == "" else None
            if (
                usual is not None
                and usual[0] is self.config.ttl_seconds
                and usual[1] is self.config.checksum
            ):
                settings = usual[2]
            else:
                settings = self._settings(number, ttl, source, target)
            packing = _packing[segments, pack_lists, exact, tables]
            put = put_value(Store, self._value, db_name, key, data, settings, packing)
            if put is not None:
                return put
        number, parts = formats.encode(data, number, segments, pack_lists, exact, tables)
        settings = self._settings(number, ttl, source, target)
        if progress is None or not _progress.is_long(formats.size_of(parts)):
            entry_id = store.put(db_name, key, parts, settings)
        else:
            entry_id = self._put_slowly(store, db_name, key, parts, settings, progress)
        if began:
            _log("put", key, formats.size_of(parts), number, began)
        return f"{entry_id:016x}"

    def _put_slowly(
        self,
        store: Store,
        db_name: str,
        key: str | bytes,
        parts: list[Any],
        settings: Settings,
        progress: Progress,
    ) -> int:
        """Puts a payload part by part, and tells how far it is."""
        size = formats.size_of(parts)
        loan = _take_loan(Hold, store, self._value, db_name, key, size, 0, settings)
        try:
            with _progress.Told(progress, f"put {key_text(key)}", size) as told:
                told.fill(loan.memory, parts)
            return loan._end(size, False, False)
        except BaseException:
            loan._give_up(False)
            raise

    def put_many(
        self,
        items: Mapping[str, Any] | Iterable[tuple[str, Any]],
        format: DataFormat | str | None = None,
        ttl: float | None = None,
        source: str = "",
        target: str = "",
        db_name: str = "default",
        segments: bool = True,
        pack_lists: bool = False,
        exact: bool = False,
        *,
        tables: bool = False,
    ) -> list[str]:
        """Stores several payloads in one transaction: all of them or none.

        Args:
            items: keys and payloads. The other arguments are those of :meth:`put`, for all of them.

        Returns:
            The exchange ids, in order.

        Raises:
            LMDBError: as :meth:`put`.
        """
        store = self._ready()
        wanted = self._number(format)
        pairs = list(items.items() if isinstance(items, Mapping) else items)
        settings = self._settings(wanted, ttl, source, target)
        packing = _packing[segments, pack_lists, exact, tables]
        put = put_values(Store, store.value, db_name, pairs, settings, packing)
        if put is not None:
            return put
        entries, ids = [], []
        for key, data in pairs:
            number, parts = formats.encode(data, wanted, segments, pack_lists, exact, tables)
            txn_id = new_txn_id()
            ids.append(txn_id)
            settings = self._settings(number, ttl, source, target, txn_id.encode())
            entries.append((key, parts, settings))
        store.put_many(db_name, entries)
        return ids

    def loan(
        self,
        key: str | bytes,
        nbytes: int,
        format: DataFormat | str | None = None,
        ttl: float | None = None,
        source: str = "",
        target: str = "",
        db_name: str = "default",
    ) -> Loan:
        """Memory in the map to build a payload in, for a ``with`` block: leaving it publishes the
        payload under the key, an exception drops it.

        Args:
            key: 1 to 511 bytes of UTF-8.
            nbytes: bytes of the payload; in format ``numpy`` those of the array's items.
            format: what the payload will be; default bytes, ``raw``. The other arguments are those
                of :meth:`put`.

        Raises:
            MapFullError: the store is full.
            LMDBError: another of its kinds says what went wrong.
        """
        number = _RAW if format is None else self._number(format)
        settings = self._settings(number, ttl, source, target)
        if type(nbytes) is not int or not 0 <= nbytes <= 1 << 40:
            nbytes = whole_number("nbytes", nbytes, 0)
        store = self._store
        if store is None or self._generation != _generation[0]:
            store = self._ready()
        room = NPY_ROOM if number == _NUMPY else 0
        return _take_loan(Hold, store, self._value, db_name, key, nbytes, room, settings)

    def _pin(self, key: str | bytes, db_name: str) -> Pin | None:
        return self._ready().view(db_name, key)

    def get(
        self,
        key: str | bytes,
        db_name: str = "default",
        verify_checksum: bool = True,
        copy: bool | None = None,
        arrays: str = "asis",
        *,
        default: Any = None,
        progress: Progress | None = None,
    ) -> Any:
        """The payload under a key.

        Args:
            key: the key.
            db_name: the named database.
            verify_checksum: compare the payload with its checksum, when it was stored with one.
            copy: True: arrays and tables are copies of their own, which can be written to; else
                they look at the payload in place, read-only.
            arrays: ``asis``: lists that were packed come back as lists; ``ndarray``: as arrays.
            default: what is returned when there is no live entry.
            progress: as for :meth:`put`; for bytes, lists that were packed, and arrays and tables
                that are copied.

        Returns:
            The payload; ``default`` when there is no live entry.

        Raises:
            CorruptError: the payload is damaged.
            LMDBError: another of its kinds says what went wrong.
        """
        if self._store is None or self._generation != _generation[0]:
            self._ready()
        lists = arrays == "asis" or formats.lists_of(arrays)
        validate = self.config.validate_arrow
        if progress is None and not _is_logged(logging.DEBUG):
            verify, getting = (1 if verify_checksum else 0), _getting(bool(copy), lists, validate)
            value = get_value(Pin, self._value, db_name, key, verify, getting)
            # None may be what is stored.
            if value is None and default is not None and not self.contains(key, db_name):
                return default
            return value
        began = time.perf_counter_ns()
        pin = self._pin(key, db_name)
        if pin is None:
            return default
        if verify_checksum:
            pin.verify()
        what = f"get {key_text(key)}"
        found = formats.decode_all({key: pin}, bool(copy), lists, validate, progress, what)
        value = found[key]
        _log("get", key, pin.size, pin.format, began)
        return value

    def get_many(
        self,
        keys: Iterable[str],
        db_name: str = "default",
        verify_checksum: bool = True,
        copy: bool | None = None,
        arrays: str = "asis",
        *,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """The payloads under several keys; a key without a live entry is left out. Arguments as
        :meth:`get`.
        """
        store, lists = self._ready(), formats.lists_of(arrays)
        validate = self.config.validate_arrow
        if progress is not None:
            pins = {}
            for key in keys:
                pin = store.view(db_name, key)
                if pin is not None:
                    if verify_checksum:
                        pin.verify()
                    pins[key] = pin
            what = f"get {len(pins)} entries"
            return formats.decode_all(pins, bool(copy), lists, validate, progress, what)
        getting = _getting(bool(copy), lists, validate)
        verify = 1 if verify_checksum else 0
        return get_values(Pin, store.value, db_name, keys, verify, getting)

    def get_raw(
        self, key: str | bytes, db_name: str = "default"
    ) -> tuple[memoryview, DataEnvelope] | None:
        """The payload as a read-only memoryview in place, and its envelope; None when there is no
        live entry.
        """
        pin = self._pin(key, db_name)
        return None if pin is None else (memoryview(pin), envelope_of(pin, key_text(key)))

    def view(self, key: str | bytes, db_name: str = "default") -> View:
        """The payload in place, for a ``with`` block.

        Raises:
            EntryNotFoundError: there is no live entry.
        """
        if self._store is None or self._generation != _generation[0]:
            self._ready()
        view = _open_view(Pin, self._value, db_name, key)
        if view is None:
            raise EntryNotFoundError(self._missing(key, db_name))
        return view

    def wait(
        self, key: str | bytes, timeout_ms: float | None = None, db_name: str = "default"
    ) -> None:
        """Waits until an entry is under a key; returns at once when there is one.

        Args:
            key: the key.
            timeout_ms: how long to wait at most, rounded up to a whole one; None: for ever.
            db_name: the named database.

        Raises:
            LMDBTimeoutError: it did not come in time.
            InvalidArgumentError: the time is no number.
        """
        _check_timeout(timeout_ms)
        db, name = text_bytes(db_name), text_bytes(key)
        if not wait_in_slices(timeout_ms, lambda slice_ms: self._ready().wait(db, name, slice_ms)):
            raise self._late([key], timeout_ms, db_name)

    def wait_any(
        self,
        keys: Iterable[str | bytes],
        timeout_ms: float | None = None,
        db_name: str = "default",
    ) -> str | bytes:
        """Waits until an entry is under one of the keys; returns at once when there is one.

        Returns:
            The key, as it was given.

        Raises:
            LMDBTimeoutError: none came in time.
            InvalidArgumentError: the time is no number, or there are no keys.
        """
        wanted, entries = _wanted(keys, timeout_ms, db_name)
        found = first(self._ready, entries, timeout_ms)
        if found is None:
            raise self._late(wanted, timeout_ms, db_name)
        return wanted[found]

    async def wait_async(
        self, key: str | bytes, timeout_ms: float | None = None, db_name: str = "default"
    ) -> None:
        """As :meth:`wait`, for a coroutine of ``asyncio``: no thread is held up meanwhile, and a
        wait that is cancelled is given up at once.
        """
        await self.wait_any_async([key], timeout_ms, db_name)

    async def wait_any_async(
        self,
        keys: Iterable[str | bytes],
        timeout_ms: float | None = None,
        db_name: str = "default",
    ) -> str | bytes:
        """As :meth:`wait_any`, for a coroutine of ``asyncio``; see :meth:`wait_async`."""
        wanted, entries = _wanted(keys, timeout_ms, db_name)
        found = await first_awaited(self._ready, entries, timeout_ms)
        if found is None:
            raise self._late(wanted, timeout_ms, db_name)
        return wanted[found]

    def _late(
        self, keys: list[str | bytes], timeout_ms: float | None, db_name: str
    ) -> LMDBTimeoutError:
        names = ", ".join(repr(key_text(key)) for key in keys[:_NAMED])
        if len(keys) > _NAMED:
            names = f"{names} and {len(keys) - _NAMED} others"
        which = "key" if len(keys) == 1 else "the keys"
        return LMDBTimeoutError(
            f"nothing was put under {which} {names} in database {db_name!r} "
            f"of {self.config.db_path} within {timeout_ms} ms (timeout_ms)"
        )

    def resolve(self, value: Any, copy: bool | None = None) -> Any:
        """A value with the payloads in place of the references in it, from whichever stores they
        name: one reference, several that were merged with each other and with plain fields, and
        those in dicts and lists. What holds none is given back as it is.

        Args:
            value: what an engine or a calculator gave.
            copy: as in :meth:`get`.

        Raises:
            EntryNotFoundError: a payload is missing, expired or was replaced.
            CorruptError: the fields of a reference contradict each other, or a payload is damaged.
            InvalidArgumentError: a name is in two of the mappings that were merged, or there is
                something beside a payload that is no mapping.
        """
        return resolve(value, copy)

    def delete(self, key: str | bytes, db_name: str = "default") -> bool:
        """Deletes an entry; what was got from it stays valid.

        Returns:
            Whether there was a live entry; False when the transport is not open.
        """
        if self._store is None:
            return False
        return self._ready().delete(text_bytes(db_name), text_bytes(key))

    def contains(self, key: str | bytes, db_name: str = "default") -> bool:
        """Whether a live entry is under a key."""
        return self._ready().contains(text_bytes(db_name), text_bytes(key))

    def touch(self, key: str | bytes, ttl: float | None = None, db_name: str = "default") -> bool:
        """Gives an entry a new time to live, from now on.

        Args:
            key: the key.
            ttl: seconds to live; 0 = until deleted; default the configuration's.
            db_name: the named database.

        Returns:
            Whether there was a live entry.
        """
        return self._ready().touch(
            text_bytes(db_name),
            text_bytes(key),
            ttl_milliseconds(self.config.ttl_seconds if ttl is None else ttl),
        )

    def __contains__(self, key: str | bytes) -> bool:
        return self.contains(key)

    def __getitem__(self, key: str | bytes) -> Any:
        """:meth:`get` of the database ``default``, but raises EntryNotFoundError, a KeyError."""
        value = self.get(key, default=_MISSING)
        if value is _MISSING:
            raise EntryNotFoundError(self._missing(key, "default"))
        return value

    def __setitem__(self, key: str | bytes, data: Any) -> None:
        self.put(key, data)

    def __delitem__(self, key: str | bytes) -> None:
        if not self._ready().delete(b"default", text_bytes(key)):
            raise EntryNotFoundError(self._missing(key, "default"))

    def __iter__(self) -> Iterator[str]:
        """The keys of the database ``default``."""
        return iter(self.keys())

    def _missing(self, key: str | bytes, db_name: str) -> str:
        return (
            f"no live entry under key {key_text(key)!r} in database {db_name!r} "
            f"of {self.config.db_path}"
        )

    def keys(self, prefix: str | bytes = "", db_name: str = "default") -> list[str]:
        """The keys of live entries that begin with ``prefix``, in order."""
        found = self._ready().list(text_bytes(db_name), text_bytes(prefix))
        return [key_text(key) for key in found]

    def sweep(self) -> int:
        """Removes expired entries now; returns how many."""
        return self._ready().sweep()

    def stats(self) -> dict[str, Any]:
        """What the store holds and who uses it."""
        return self._ready().stats()

    def calls(self) -> dict[str, Any]:
        """The calls of calculators that wrappers made, in every process since the store was made,
        and the last that were slow (``lmdb_slow_ms``). Looks at no entry.

        Returns:
            ``calculators``: what was counted of each, and histograms of microseconds;
            ``slow_calls``, the latest first: calculator, pid, key, step and microseconds.
        """
        return self._ready().calls()

    def audit(self) -> dict[str, Any]:
        """Checks the whole store: that no page is lost and none is owned twice.

        Raises:
            CorruptError: something is wrong; the message says what.
        """
        return self._ready().audit()

    def get_db_path(self) -> str:
        """The directory of the store."""
        return self.config.db_path

    def _repr_html_(self) -> str:
        """What notebooks show: how full the store is, and what lies in its databases."""
        if self._store is None:
            return table_of_facts(repr(self), {})
        stats = self._ready().stats()
        space = stats["map"]
        used, limit = space["high_water"] - space["free"], space["limit"]
        facts: dict[str, object] = {
            "used": f"{used:,} of {limit:,} bytes ({100 * used / limit:.1f} %)",
            **{
                f"database {name}": f"{database['entries']:,} entries"
                for name, database in stats["databases"].items()
            },
            "views that pin payloads": len(stats["pins"]),
        }
        return table_of_facts(f"store {self.config.db_path}", facts)

    def get_info(self) -> dict[str, Any]:
        """Figures of the store, LMDB's among them; empty when the transport is not open."""
        if self._store is None:
            return {}
        stats = self._ready().stats()
        lmdb, databases = stats["lmdb"], stats["databases"].values()
        return {
            "path": self.config.db_path,
            "map_size": stats["map"]["limit"],
            **{
                name: lmdb[name]
                for name in ("last_pgno", "last_txnid", "max_readers", "num_readers")
            },
            "entries": sum(database["entries"] for database in databases),
            "depth": max((database["depth"] for database in databases), default=0),
            **{name: sum(database[name] for database in databases) for name in _PAGE_COUNTS},
            "library": version(),
            "lmdb_library": lmdb_version(),
            "stats": stats,
        }


def _check_timeout(timeout_ms: float | None) -> None:
    if timeout_ms is not None and not (
        isinstance(timeout_ms, (int, float)) and math.isfinite(timeout_ms)
    ):
        raise InvalidArgumentError(
            f"timeout_ms is {timeout_ms!r}; allowed: a number of milliseconds, or None"
        )


def _wanted(
    keys: Iterable[str | bytes], timeout_ms: float | None, db_name: str
) -> tuple[list[str | bytes], list[tuple[bytes, bytes]]]:
    """Keys that are waited for, as they were given and as the library takes them."""
    _check_timeout(timeout_ms)
    if isinstance(keys, (str, bytes)):
        raise InvalidArgumentError(f"keys is {keys!r}; allowed: several keys, in a list say")
    wanted, db = list(keys), text_bytes(db_name)
    if not wanted:
        raise InvalidArgumentError("keys is empty: nothing would ever come")
    return wanted, [(db, text_bytes(key)) for key in wanted]


def resolve(value: Any, copy: bool | None = None) -> Any:
    """As :meth:`LMDBTransport.resolve`, for who has no transport."""
    return _resolve.resolve(value, lambda pin: formats.decode(pin, bool(copy)))


def _log(what: str, key: str | bytes, size: int, number: int, began: int) -> None:
    micros = (time.perf_counter_ns() - began) / 1000
    logger.debug(
        "%s key=%s bytes=%d format=%s us=%.1f",
        what,
        key_text(key),
        size,
        formats.BY_NUMBER[number].value,
        micros,
    )


def get_transport(path: str | None = None, *, db_path: str | None = None) -> LMDBTransport:
    """The transport of ``path``, opened: one per directory and process.

    Args:
        path: directory of the store; default :func:`lmdb_types.default_db_path`.
        db_path: another name of ``path``.
    """
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
