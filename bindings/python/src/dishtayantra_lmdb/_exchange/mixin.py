"""The mixin with which a Python calculator reads its input from the store and writes its output
there.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from .._library.abi import logger
from .._library.pin import Pin
from .._library.types import DataFormat, default_of, ttl_milliseconds
from .._payload import formats
from .._store.reference import (
    DB_NAME,
    DB_PATH,
    ENTRY,
    FORMAT,
    INPUT_KEY,
    OUTPUT_KEY,
    OUTPUT_WRITTEN,
    REF,
    TXN_ID,
    Reference,
    is_output_written,
    is_reference,
    note_warnings,
)
from .._store.resolve import resolve
from .._store.transport import LMDBTransport
from ..errors import EntryNotFoundError, FormatError, LMDBError
from .calls import is_awaitable


def _in_place(pin: Pin) -> Any:
    return formats.decode(pin, False)


class _Exchange(NamedTuple):
    """Where a calculator reads and writes."""

    db_path: str | None
    input_key: str | None
    output_key: str | None
    db_name: str
    format: str | None
    txn_id: str | None = None
    entry: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> _Exchange:
        """Where ``data``, which a calculator got, tells it to."""
        get = data.get
        return cls(
            get(DB_PATH),
            get(INPUT_KEY),
            get(OUTPUT_KEY),
            get(DB_NAME) or "default",
            get(FORMAT),
            get(TXN_ID),
            get(ENTRY),
        )


class _Call:
    """One call of a mixin's ``calculate``, while it lasts."""

    __slots__ = ("_reference", "calculator", "exchange", "outer")

    def __init__(self, calculator: object, exchange: _Exchange, outer: _Call | None) -> None:
        self.calculator = calculator
        self.exchange = exchange
        self.outer = outer
        self._reference: Reference | None = None

    def reference(self) -> Reference:
        """The reference that the calculator got."""
        if self._reference is None:
            exchange = self.exchange
            self._reference = Reference.parse(
                {
                    REF: True if exchange.input_key else None,
                    INPUT_KEY: exchange.input_key,
                    OUTPUT_KEY: exchange.output_key,
                    DB_PATH: exchange.db_path,
                    DB_NAME: exchange.db_name,
                    TXN_ID: exchange.txn_id,
                    ENTRY: exchange.entry,
                }
            )
        return self._reference

    def answered(self, data: Any, result: Any) -> None:
        """Has nobody wait for an output that was not written."""
        if not is_reference(data) or is_output_written(result):
            return
        try:
            self.reference().settle_direct()
        except LMDBError as error:
            logger.debug("cannot settle %s: %s", self.exchange.input_key, error)


# The innermost call that this thread, or asynchronous task, is in.
_call: ContextVar[_Call | None] = ContextVar("dishtayantra_lmdb.call", default=None)


def _call_of(calculator: object) -> _Call | None:
    call = _call.get()
    while call is not None and call.calculator is not calculator:
        call = call.outer
    return call


class LMDBCalculatorMixin:
    """For calculators that read their input in place and write their output to the store.

    A subclass writes ``calculate(data)``. When ``data`` is a reference, or has an output key beside
    it, the mixin is enabled for the call; :meth:`lmdb_read_input` gives the payload, and
    :meth:`lmdb_write_output` stores the result, for which ``calculate`` then returns
    ``{"_lmdb_output_written": True}``. Returning the result itself is as good: the mixin tells the
    caller that nobody needs to wait. ``calculate`` may be asynchronous.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # By a variable: type checkers take an assignment for a declaration of this class.
        name = "calculate"
        original = cls.__dict__.get(name)
        if callable(original):
            setattr(cls, name, _settling(original))

    def enable_lmdb(
        self,
        db_path: str | None = None,
        input_key: str | None = None,
        output_key: str | None = None,
        db_name: str = "default",
    ) -> bool:
        """Says where to read and write.

        Args:
            db_path: directory of the store; default ``LMDB_DB_PATH``, else
                ``/tmp/dishtayantra_lmdb``.
            input_key: what :meth:`lmdb_read_input` reads.
            output_key: what :meth:`lmdb_write_output` writes.
            db_name: the named database.

        Returns:
            Whether the store is open; why it is not is logged.
        """
        if not LMDBTransport.get_instance(db_path).initialize():
            return False
        exchange = _Exchange(db_path, input_key, output_key, db_name, None)
        outer = _call.get()
        if outer is not None:
            # For the rest of that call.
            _call.set(_Call(self, exchange, outer))
            return True
        known = self._lmdb_known()
        known[threading.get_ident()] = exchange
        # Enabled once and for all: threads that enable nothing themselves use it too.
        known[0] = exchange
        return True

    def _lmdb_known(self) -> dict[int, _Exchange]:
        known: dict[int, _Exchange] = self.__dict__.setdefault("_lmdb_exchanges", {})
        return known

    def _lmdb_exchange(self) -> _Exchange | None:
        call = _call_of(self)
        if call is not None:
            return call.exchange
        known = self._lmdb_known()
        return known.get(threading.get_ident()) or known.get(0)

    def _lmdb_transport_of(self, exchange: _Exchange) -> LMDBTransport:
        return LMDBTransport.get_instance(exchange.db_path)

    def is_lmdb_enabled(self) -> bool:
        """Whether the mixin knows where to read and write."""
        return self._lmdb_exchange() is not None

    def lmdb_read_input(self, key: str | None = None) -> Any:
        """The input, in place where its format allows, with the payloads in place of references in
        it.

        Args:
            key: default the input key that was enabled.

        Returns:
            The payload; None when nothing was enabled or there is no key.

        Raises:
            EntryNotFoundError: the input is missing or expired.
            LMDBError: another of its kinds says what went wrong.
        """
        call = _call_of(self)
        exchange = self._lmdb_exchange() if call is None else call.exchange
        key = key or (exchange.input_key if exchange else None)
        if exchange is None or key is None:
            return None
        if call and exchange.txn_id and exchange.db_path and key == exchange.input_key:
            # By the reference, so that the caller knows who opened its input.
            pin = call.reference().view_input()
            note_warnings(exchange.db_path)
            if pin.flags:
                pin.verify()
            return resolve(_in_place(pin), _in_place)
        transport = self._lmdb_transport_of(exchange)
        with _view(transport, key, exchange.db_name) as view:
            view.verify()
            return resolve(view.value(), _in_place)

    def lmdb_write_output(
        self, data: Any, key: str | None = None, format: DataFormat | str | None = None
    ) -> str | None:
        """Stores the output.

        Args:
            data: the result.
            key: default the output key that was enabled.
            format: default the one that the reference asks for, else the transport's.

        Returns:
            The exchange id; None when it is not stored, because nothing was enabled, there is no
            key, the store failed or the result would come back as another type (both are logged):
            return the result itself then.
        """
        call = _call_of(self)
        exchange = self._lmdb_exchange() if call is None else call.exchange
        key = key or (exchange.output_key if exchange else None)
        if exchange is None or key is None:
            return None
        try:
            if call and exchange.txn_id and exchange.db_path and key == exchange.output_key:
                number = formats.number_of(format or exchange.format or DataFormat.MSGPACK)
                ttl_ms = ttl_milliseconds(default_of("ttl_seconds"))
                call.reference().put_output_of(data, number, ttl_ms)
                return exchange.txn_id
            transport = self._lmdb_transport_of(exchange)
            return transport.put(
                key, data, format=format or exchange.format, db_name=exchange.db_name, exact=True
            )
        except FormatError as error:
            logger.info("the output under %s is not stored: %s", key, error)
            return None
        except LMDBError as error:
            logger.error("cannot store the output under %s: %s", key, error)
            return None

    def lmdb_get_db_path(self) -> str | None:
        """The directory of the store; None when nothing was enabled."""
        exchange = self._lmdb_exchange()
        return None if exchange is None else self._lmdb_transport_of(exchange).get_db_path()


def _view(transport: LMDBTransport, key: str, db_name: str) -> Any:
    try:
        return transport.view(key, db_name)
    except EntryNotFoundError as error:
        raise EntryNotFoundError(
            f"the input under key {key!r} in database {db_name!r} of {transport.get_db_path()} "
            "is missing or expired"
        ) from error


def _settling(calculate: Any) -> Any:
    """``calculate``, enabled for what it gets and for that call only; nobody waits for an output
    that it did not write.
    """

    @functools.wraps(calculate)
    def settled(self: LMDBCalculatorMixin, data: Any, *arguments: Any, **options: Any) -> Any:
        if not is_reference(data) and not (isinstance(data, dict) and OUTPUT_KEY in data):
            return calculate(self, data, *arguments, **options)
        exchange, outer = _Exchange.of(data), _call.get()
        before = None if outer is None else _call_of(self)
        if before is not None and before.exchange == exchange:
            # Called by the calculate of a subclass, which settles.
            return calculate(self, data, *arguments, **options)
        call = _Call(self, exchange, outer)
        token = _call.set(call)
        try:
            result = calculate(self, data, *arguments, **options)
        finally:
            _call.reset(token)
        # Most answers are dicts that say so.
        if type(result) is not dict or result.get(OUTPUT_WRITTEN) is not True:
            if is_awaitable(result):
                return _settled_later(call, data, result)
            call.answered(data, result)
        return result

    return settled


async def _settled_later(call: _Call, data: Any, pending: Any) -> Any:
    token = _call.set(call)
    try:
        result = await pending
    finally:
        # One that nobody awaits to its end is closed wherever it is collected.
        with contextlib.suppress(ValueError):
            _call.reset(token)
    call.answered(data, result)
    return result
