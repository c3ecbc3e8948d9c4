"""The exchange with one calculator, for an engine that calls the calculator itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from .._library.abi import (
    ANSWER_UNKNOWN,
    ANSWER_UNKNOWN_NO_WAIT,
    CLEANUP_INPUT,
    CLEANUP_OUTPUT,
    DECISION_REPEAT,
    DECISION_TAKE_OUTPUT,
    EXCHANGE_INPUT,
    EXCHANGE_OUTPUT,
    logger,
)
from .._library.core import Caller, new_txn_id
from .._library.fork import ProcessLock, generation
from .._library.keys import text_bytes
from .._library.origin import is_ours
from .._library.pin import Pin
from .._library.types import LMDBExchangeMode
from .._payload import formats, msgpack
from .._store.reference import DB_NAME, INPUT_KEY, OUTPUT_KEY, REF, Reference, stripped
from .._store.resolve import LOOKING, holds_references, is_single, resolve
from ..errors import (
    BadKeyError,
    EntryNotFoundError,
    FormatError,
    InvalidArgumentError,
    LMDBError,
    LMDBReferenceIgnored,
    StoreClosedError,
)
from . import retry
from .config import LMDBCalculatorConfig
from .estimate import size_of_other, size_up_to
from .handle import ExchangeHandle
from .ledger import Ledger


class LMDBDataExchange:
    """Puts a calculator's inputs into the store and takes its outputs out of it.

    ``initialize``, ``is_enabled``, ``should_use_lmdb``, ``put_input`` and ``cleanup`` never raise
    because of the store or the payload, but for references that ``put_input`` cannot resolve: what
    went wrong is logged, as an ERROR the first time (a WARNING when a payload cannot be stored as
    what it is) and at DEBUG afterwards, and the payload is to be passed directly. What has nothing
    to do with either (a time limit, memory that runs out) reaches the caller. Mode ``output`` means
    ``both`` here: an engine sends references in every mode. Every method may be called from any
    thread. An exchange pickles as its settings; a forked child reopens it by itself.
    """

    def __init__(
        self, config: LMDBCalculatorConfig | Mapping[str, Any], calculator_name: str
    ) -> None:
        """An exchange whose store is not open yet.

        Args:
            config: the settings, or a calculator's whole configuration.
            calculator_name: the name in the keys.

        Raises:
            ConfigError: a setting is not allowed.
        """
        self.config: LMDBCalculatorConfig = (
            config
            if isinstance(config, LMDBCalculatorConfig)
            else LMDBCalculatorConfig.from_dict(config)
        )
        self.calculator_name = calculator_name
        self._handle: ExchangeHandle | None = None
        # The levels at which something was said already.
        self._said: set[int] = set()
        self._ledger = Ledger()
        self._lock = ProcessLock()
        retry.watch()

    def initialize(self) -> bool:
        """Opens the store; does nothing when it is open.

        Returns:
            Whether the exchange can be used.
        """
        if not self.config.enabled:
            return False
        try:
            self.open()
        except Exception as error:
            self.complain("cannot open the store", error)
            return False
        return True

    def open(self) -> ExchangeHandle:
        """The engine's side, with the store open.

        Raises:
            LMDBError: one of its kinds says why it cannot be opened.
        """
        handle = self._handle
        if handle is not None and handle.generation == generation[0]:
            return handle
        with self._lock.lock:
            handle = self._handle
            if handle is None or handle.generation != generation[0]:
                handle = ExchangeHandle(self.config, self.calculator_name, self._mode())
                self._handle = handle
            return handle

    def _mode(self) -> LMDBExchangeMode:
        """The mode that the engine's side is in."""
        mode = self.config.exchange_mode
        both = LMDBExchangeMode.BIDIRECTIONAL
        return both if mode is LMDBExchangeMode.OUTPUT_ONLY else mode

    def current(self) -> ExchangeHandle:
        """As :meth:`open`, but opens the store anew when somebody removed or replaced its files.

        Raises:
            LMDBError: one of its kinds says why it cannot be opened.
        """
        handle = self.open()
        if handle.is_current():
            return handle
        path = self.config.db_path
        self.complain("the store is opened anew", LMDBError(f"{path} was removed"))
        with self._lock.lock:
            if self._handle is handle:
                self._handle = None
        # Before the path is opened again: a directory made anew may get the old one's number.
        handle.close()
        return self.open()

    def close(self) -> None:
        """Releases the store; what was got from it stays valid. The second time nothing happens."""
        with self._lock.lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (type(self), self.config, self.calculator_name, self._handle is not None)

    def complain(self, what: str, error: Exception) -> None:
        """Logs a failure of the exchange, the first of its level loud and the others at DEBUG.

        Raises:
            Exception: ``error`` itself, when it is none of the exchange's.
        """
        if not is_ours(error):
            raise error
        level = logging.WARNING if isinstance(error, FormatError) else logging.ERROR
        loud = level not in self._said
        self._said.add(level)
        logger.log(
            level if loud else logging.DEBUG,
            "calculator %s: %s: %s",
            self.calculator_name,
            what,
            error,
        )

    def is_enabled(self) -> bool:
        """Whether the exchange is configured and its store is open."""
        return bool(self.config.enabled) and self._handle is not None

    @property
    def ignored(self) -> bool:
        """Whether the calculator was found to ignore references: payloads are passed directly."""
        handle = self._handle
        return handle is not None and handle.ignored()

    def should_use_lmdb(self, data: Any) -> bool:
        """Whether a payload goes through the store.

        Args:
            data: the payload, of any type. It is measured no further than ``lmdb_min_size``. A
                reference is none: it goes as it is. What holds several, or other fields beside one,
                goes through the store whatever its size, with the payloads in their place.
        """
        try:
            if not self.is_enabled() or self._is_repeated():
                return False
            if holds_references(data):
                least = self.config.min_payload_size
                return not is_single(data) and self.current().should(least)
            return self.should(self.current(), data)
        except Exception as error:
            self.complain("cannot tell whether to exchange", error)
            return False

    def should(self, handle: ExchangeHandle, data: Any) -> bool:
        """Whether a payload, which is no reference, goes through the store of ``handle``.

        Raises:
            LMDBError: one of its kinds says what went wrong.
        """
        return handle.should(size_up_to(data, self.config.min_payload_size))

    def generate_key(self, prefix: str, txn_id: str | None = None) -> str:
        """The key ``prefix:name:txn_id``; an id is made when none is given."""
        return f"{prefix}:{self.calculator_name}:{txn_id or new_txn_id()}"

    def put_input(self, data: Any, txn_id: str | None = None) -> str | None:
        """Puts an input. A live entry is never overwritten.

        Args:
            data: the payload.
            txn_id: the id of the exchange; one is made when none is given.

        Returns:
            The key; None when the payload is to be passed directly.

        Raises:
            InvalidArgumentError: references that were merged have a name in common, with each other
                or with plain fields, or one stands for a payload that cannot be joined with others.
            EntryNotFoundError: the payload of a reference is missing, expired or was replaced.
            LMDBError: another of its kinds says why a reference does not resolve.
        """
        txn_id = str(txn_id or new_txn_id())
        key = None if self._is_repeated() else self._put_input(data, txn_id)
        if key is not None:
            self._ledger.put(txn_id)
            call = retry.current()
            if call is not None and retry.is_engine(1):
                call.put[txn_id] = self
        else:
            self._ledger.refused(txn_id)
        return key

    def _put_input(self, data: Any, txn_id: str) -> str | None:
        if not self.is_enabled():
            return None
        try:
            if self.current().ignored():
                return None
        except Exception as error:
            self.complain(f"cannot store the input of exchange {txn_id}", error)
            return None
        if holds_references(data):
            if is_single(data):
                return None
            # There is no payload to pass directly: what is wrong the caller has to hear.
            data = resolve(data, self.decode)
        try:
            key: str = self.put(data, txn_id).fields()[INPUT_KEY]
        except Exception as error:
            self.complain(f"cannot store the input of exchange {txn_id}", error)
            return None
        return key

    def put(self, data: Any, txn_id: str) -> Reference:
        """Puts an input and returns the reference that travels in its place.

        Raises:
            LMDBError: one of its kinds says why it cannot be put.
        """
        began = time.perf_counter_ns()
        try:
            number, parts = self.encode(data)
        except FormatError as error:
            self.open().refused(error)
            raise
        reference = self.open().put_input(txn_id, number, parts)
        if logger.isEnabledFor(logging.DEBUG):
            log_route(
                self.calculator_name,
                "input",
                reference.fields()[INPUT_KEY],
                formats.size_of(parts),
                began,
            )
        return reference

    def get_output(self, txn_id: str, wait: bool = True) -> Any:
        """The output of an exchange, after the calculator was called.

        Args:
            txn_id: the id of the exchange.
            wait: wait up to ``lmdb_wait_timeout`` for an output that may still come; not in mode
                ``input``, where one that is there is taken.

        Returns:
            The output; None when the calculator's own answer is the result: also when
            :meth:`put_input` answered None for this id, or no exchange can have it.

        Raises:
            LMDBReferenceIgnored: the calculator computed on something else than the input: call it
                again with the payload itself. Nobody opened it, and the exchange passes directly
                from now on; or it is of a kind that the calculator cannot take from the store.
            LMDBTimeoutError: the input was opened and no output came.
            LMDBError: another of its kinds says what went wrong with the store.
        """
        txn_id = str(txn_id)
        if not self.is_enabled() or self._ledger.is_refused(txn_id):
            return None
        began = time.perf_counter_ns()
        handle = self.open()
        try:
            reference = self._reference(handle, txn_id)
        except (BadKeyError, InvalidArgumentError):
            return None
        wait = wait and self.config.exchange_mode is not LMDBExchangeMode.INPUT_ONLY
        decision = handle.settle(reference, ANSWER_UNKNOWN if wait else ANSWER_UNKNOWN_NO_WAIT)
        call = retry.current()
        if call is not None and call.put.pop(txn_id, None) is self and decision == DECISION_REPEAT:
            call.ignoring = self
        if decision == DECISION_REPEAT:
            name, key = self.calculator_name, reference.fields().get(INPUT_KEY)
            raise LMDBReferenceIgnored(
                f"calculator {name!r} answered without opening its input {key!r}: it does not know "
                "references; call it with the payload itself"
                if handle.ignored()
                else f"calculator {name!r} cannot take its input {key!r} from the store; "
                "call it with the payload itself, this once"
            )
        if decision == DECISION_TAKE_OUTPUT:
            output = self.take_output(handle, reference.fields(), began)
            return stripped(resolve(output, self.decode))
        return None

    def take_output(self, handle: ExchangeHandle, fields: Mapping[str, Any], began: int) -> Any:
        """The value under the output key of a reference.

        Raises:
            EntryNotFoundError: it is gone.
            CorruptError: it is damaged.
        """
        # From the store that is open: its directory may have been removed by now.
        key, db_name = fields[OUTPUT_KEY], fields[DB_NAME]
        pin = handle.store.view(text_bytes(db_name), text_bytes(key))
        if pin is None:
            raise EntryNotFoundError(
                f"the output {key!r} in database {db_name!r} of the store {self.config.db_path} "
                "is missing or expired"
            )
        pin.verify()
        if logger.isEnabledFor(logging.DEBUG):
            log_route(self.calculator_name, "output", fields[OUTPUT_KEY], pin.size, began)
        return self.decode(pin)

    def encode(self, data: Any) -> tuple[int, list[Any]]:
        """A payload as the settings say: its format and parts."""
        config = self.config
        return formats.encode(
            data,
            config.data_format.number,
            config.segments,
            config.pack_lists,
            exact=True,
            tables=config.tables,
        )

    def caller(self, handle: ExchangeHandle) -> Caller | None:
        """What calls a calculator without a step of Python's when all is as usual; None in modes in
        which it is not.
        """
        config = self.config
        if self._mode() not in (LMDBExchangeMode.BIDIRECTIONAL, LMDBExchangeMode.INPUT_ONLY):
            return None
        return Caller._of(
            handle,
            handle.value,
            config.min_payload_size,
            Pin,
            self.encode,
            msgpack.packing(config.segments, config.pack_lists, config.tables),
            config.data_format.number,
            size_of_other,
            LOOKING,
            formats.getting(config.materialise, config.arrays != "ndarray", config.validate_arrow),
            (config.db_path, config.db_name, config.data_format.value),
        )

    def decode(self, pin: Pin) -> Any:
        """The value under ``pin``, in place or as a copy, as the settings say."""
        config = self.config
        lists = config.arrays != "ndarray"
        return formats.decode(pin, config.materialise, lists, validate=config.validate_arrow)

    def cleanup(self, txn_id: str) -> None:
        """Deletes the input and the output of an exchange; results that were taken stay valid.
        Nothing is deleted when :meth:`put_input` answered None for this id.
        """
        try:
            txn_id = str(txn_id)
            refused = self._ledger.is_refused(txn_id)
            self._ledger.forget(txn_id)
            if refused or not self.is_enabled():
                return
            call = retry.current()
            if call is not None:
                self.judge_unopened(call, txn_id)
            handle = self.open()
            handle.cleanup(self._reference(handle, txn_id), CLEANUP_INPUT | CLEANUP_OUTPUT)
        except Exception as error:
            self.complain(f"cannot delete what exchange {txn_id} left", error)

    def _is_repeated(self) -> bool:
        call = retry.current()
        return call is not None and call.directly is self

    def judge_unopened(self, call: retry.Call, txn_id: str) -> None:
        """Tells a call that failed whether it may be for want of the payload: when nobody opened
        the input that it put and did not ask the output of, or the calculator cannot take it from
        the store.
        """
        if call.put.pop(txn_id, None) is not self:
            return
        try:
            handle = self.open()
            reference = self._reference(handle, txn_id)
            if handle.settle(reference, ANSWER_UNKNOWN_NO_WAIT) == DECISION_REPEAT:
                call.ignoring = self
        except LMDBError as error:
            self.complain(f"cannot tell who opened the input of exchange {txn_id}", error)

    def _reference(self, handle: ExchangeHandle, txn_id: str) -> Reference:
        """What the calculator of exchange ``txn_id`` got, made anew: it may have been put by
        another process.
        """
        reference = handle.reference(txn_id)
        # In every mode: an engine that makes its references itself names an output in each.
        reference.set(OUTPUT_KEY, handle.key(EXCHANGE_OUTPUT, txn_id))
        reference.set(INPUT_KEY, handle.key(EXCHANGE_INPUT, txn_id))
        reference.set(REF, "true")
        return reference

    def get_exchange_info(self) -> dict[str, Any]:
        """The settings that a calculator needs to know."""
        return {
            "enabled": self.is_enabled(),
            "db_path": self.config.db_path,
            "db_name": self.config.db_name,
            "input_prefix": self.config.input_key_prefix,
            "output_prefix": self.config.output_key_prefix,
            "calculator_name": self.calculator_name,
            "data_format": self.config.data_format.value,
            "ttl_seconds": self.config.ttl_seconds,
        }

    def calls(self) -> dict[str, Any]:
        """What was counted of the calculator since the store was made, in every process: calls
        through the store and past it, repeated and refused ones, bytes, the last error, histograms
        of microseconds. Empty when the store is not open.
        """
        handle = self._handle
        if handle is None or handle.generation != generation[0]:
            return {}
        try:
            return handle.calls()
        except StoreClosedError:
            return {}

    def __repr__(self) -> str:
        state = "open" if self.is_enabled() else "closed" if self.config.enabled else "not enabled"
        return (
            f"<{type(self).__name__} of {self.calculator_name!r} in {self.config.db_path}: {state}>"
        )


def log_route(name: str, route: str, key: str, size: int, began: int) -> None:
    """One DEBUG line on a step of an exchange."""
    micros = (time.perf_counter_ns() - began) / 1000
    logger.debug("calculator=%s route=%s key=%s bytes=%d us=%.1f", name, route, key, size, micros)


def _reopened(
    kind: type[LMDBDataExchange], config: LMDBCalculatorConfig, name: str, was_open: bool
) -> LMDBDataExchange:
    exchange = kind(config, name)
    if was_open:
        exchange.initialize()
    return exchange
