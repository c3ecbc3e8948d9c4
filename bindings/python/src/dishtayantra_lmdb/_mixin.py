"""The mixin with which a Python calculator reads its input from the store and writes its output
there.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _formats
from ._abi import logger
from ._reference import (
    DB_NAME,
    DB_PATH,
    FORMAT,
    INPUT_KEY,
    OUTPUT_KEY,
    REF,
    TXN_ID,
    Reference,
    is_output_written,
    is_reference,
)
from .errors import EntryNotFoundError, LMDBError
from .lmdb_types import DataFormat, default_of, ttl_milliseconds

if TYPE_CHECKING:
    from .lmdb_transport import LMDBTransport


class _Exchange(NamedTuple):
    """Where a calculator reads and writes."""

    db_path: str | None
    input_key: str | None
    output_key: str | None
    db_name: str
    format: str | None
    txn_id: str | None = None

    def reference(self) -> Reference:
        """The reference that the calculator got."""
        made: tuple[_Exchange, Reference] | None = getattr(_inside, "made", None)
        if made is not None and made[0] is self:
            return made[1]
        reference = Reference.parse(
            {
                REF: True if self.input_key else None,
                INPUT_KEY: self.input_key,
                OUTPUT_KEY: self.output_key,
                DB_PATH: self.db_path,
                DB_NAME: self.db_name,
                TXN_ID: self.txn_id,
            }
        )
        # Not in the calculator, which may be copied.
        _inside.made = self, reference
        return reference


class LMDBCalculatorMixin:
    """For calculators that read their input in place and write their output to the store.

    A subclass writes ``calculate(data)``. When ``data`` is a reference, or has an output key beside
    it, the mixin is enabled for the call; :meth:`lmdb_read_input` gives the payload, and
    :meth:`lmdb_write_output` stores the result, for which ``calculate`` then returns
    ``{"_lmdb_output_written": True}``. Returning the result itself is as good: the mixin tells the
    caller that nobody needs to wait.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        original = cls.__dict__.get("calculate")
        if callable(original):
            cls.calculate = _settling(original)  # type: ignore[attr-defined]

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
        from .lmdb_transport import LMDBTransport

        if not LMDBTransport.get_instance(db_path).initialize():
            return False
        exchange = _Exchange(db_path, input_key, output_key, db_name, None)
        known = self._lmdb_known()
        known[threading.get_ident()] = exchange
        if not getattr(_inside, "calculate", False):
            # Enabled once and for all: threads that enable nothing themselves use it too.
            known[0] = exchange
        return True

    def _lmdb_known(self) -> dict[int, _Exchange]:
        known: dict[int, _Exchange] = self.__dict__.setdefault("_lmdb_exchanges", {})
        return known

    def _lmdb_exchange(self) -> _Exchange | None:
        known = self._lmdb_known()
        return known.get(threading.get_ident()) or known.get(0)

    def _lmdb_transport_of(self, exchange: _Exchange) -> LMDBTransport:
        from .lmdb_transport import LMDBTransport

        return LMDBTransport.get_instance(exchange.db_path)

    def is_lmdb_enabled(self) -> bool:
        """Whether the mixin knows where to read and write."""
        return self._lmdb_exchange() is not None

    def lmdb_read_input(self, key: str | None = None) -> Any:
        """The input, in place where its format allows.

        Args:
            key: default the input key that was enabled.

        Returns:
            The payload; None when nothing was enabled or there is no key.

        Raises:
            EntryNotFoundError: the input is missing or expired.
            LMDBError: another of its kinds says what went wrong.
        """
        exchange = self._lmdb_exchange()
        key = key or (exchange.input_key if exchange else None)
        if exchange is None or key is None:
            return None
        if exchange.txn_id and exchange.db_path and key == exchange.input_key:
            # By the reference, so that the caller knows who opened its input.
            pin = exchange.reference().view_input()
            pin.verify()
            return _formats.decode(pin, False)
        transport = self._lmdb_transport_of(exchange)
        with _view(transport, key, exchange.db_name) as view:
            view.verify()
            return view.value()

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
            key or the store failed (which is logged): return the result itself then.
        """
        exchange = self._lmdb_exchange()
        key = key or (exchange.output_key if exchange else None)
        if exchange is None or key is None:
            return None
        try:
            if exchange.txn_id and exchange.db_path and key == exchange.output_key:
                number = _formats.number_of(format or exchange.format or DataFormat.MSGPACK)
                number, parts = _formats.encode(data, number)
                ttl_ms = ttl_milliseconds(default_of("ttl_seconds"))
                exchange.reference().put_output(number, parts, ttl_ms)
                return exchange.txn_id
            transport = self._lmdb_transport_of(exchange)
            return transport.put(
                key, data, format=format or exchange.format, db_name=exchange.db_name
            )
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


# Whether this thread is inside the calculate of an exchange, and that exchange's reference.
_inside = threading.local()


def _settling(calculate: Any) -> Any:
    """``calculate``, enabled for what it gets and for that call only; nobody waits for an output
    that it did not write.
    """

    @functools.wraps(calculate)
    def settled(self: LMDBCalculatorMixin, data: Any, *arguments: Any, **options: Any) -> Any:
        if not is_reference(data) and not (isinstance(data, dict) and OUTPUT_KEY in data):
            return calculate(self, data, *arguments, **options)
        exchange = _Exchange(
            data.get(DB_PATH),
            data.get(INPUT_KEY),
            data.get(OUTPUT_KEY),
            data.get(DB_NAME) or "default",
            data.get(FORMAT),
            data.get(TXN_ID),
        )
        known, thread = self._lmdb_known(), threading.get_ident()
        before = known.get(thread)
        if before == exchange:
            # Called by the calculate of a subclass, which settles.
            return calculate(self, data, *arguments, **options)
        outermost = not getattr(_inside, "calculate", False)
        known[thread] = exchange
        _inside.calculate = True
        try:
            result = calculate(self, data, *arguments, **options)
        finally:
            _inside.calculate = not outermost
            if before is None:
                known.pop(thread, None)
            else:
                known[thread] = before
        try:
            if is_reference(data) and not is_output_written(result):
                exchange.reference().settle_direct()
        except LMDBError as error:
            logger.debug("cannot settle %s: %s", exchange.input_key, error)
        finally:
            _inside.made = None
        return result

    return settled
