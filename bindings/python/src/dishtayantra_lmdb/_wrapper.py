"""A calculator with its exchange around it: large payloads go through the store, whatever the
calculator knows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import _formats
from ._abi import (
    ANSWER_NONE,
    ANSWER_OUTPUT_WRITTEN,
    ANSWER_UNKNOWN_NO_WAIT,
    ANSWER_VALUE,
    CLEANUP_INPUT,
    CLEANUP_OUTPUT,
    DECISION_REPEAT,
    DECISION_TAKE_ANSWER,
    DECISION_TAKE_OUTPUT,
    PUT_CHECKSUM,
    logger,
)
from ._config import LMDBCalculatorConfig
from ._estimate import size_up_to
from ._exchange import LMDBDataExchange, log_route, new_txn_id
from ._native import NativeExchange
from ._reference import (
    DB_NAME,
    DB_PATH,
    INPUT_KEY,
    OUTPUT_KEY,
    REF,
    Reference,
    is_output_written,
    is_reference,
    stripped,
)
from ._store import text_bytes
from .errors import CorruptError, LMDBError, LMDBTimeoutError
from .lmdb_types import LMDBExchangeMode, ttl_milliseconds

# Decisions beside the engine's: have an input of its own show whether the calculator opens any; the
# store failed.
_PROVE = -1
_PASS_DIRECTLY = -2


class LMDBEnabledCalculator:
    """Calls a calculator, with the payloads through the store when they are large enough.

    The calculator may be an object with ``calculate`` or any callable, in any language, and may
    know references or not: one that never opens its reference gets the payload itself. When the
    store fails, payloads are passed directly: a calculation never fails because the exchange did.
    Attributes that are not the wrapper's are the calculator's. Any thread may call it if the
    calculator allows that.

    Attributes:
        inner: the calculator.
        calculator_name: its name in keys and logs.
        config: the settings.
        exchange: the :class:`LMDBDataExchange`.
    """

    def __init__(
        self,
        inner_calculator: Any,
        config: LMDBCalculatorConfig | Mapping[str, Any],
        calculator_name: str,
    ) -> None:
        """Wraps a calculator.

        Args:
            inner_calculator: an object with ``calculate``, or a callable.
            config: the settings, or the calculator's whole configuration.
            calculator_name: the name in the keys.

        Raises:
            ConfigError: a setting is not allowed.
        """
        self.inner = inner_calculator
        self.calculator_name = calculator_name
        self.exchange = LMDBDataExchange(config, calculator_name)
        self.config = self.exchange.config
        # Whether the calculator was seen opening an input of its own, so that it can be trusted
        # with others'.
        self._proven = False
        self._store_failed = False

    def __getattr__(self, name: str) -> Any:
        # Not for what copy and pickle look for before there is an inner calculator.
        if name == "inner" or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def initialize(self) -> bool:
        """Opens the store, and initialises the calculator if it can be.

        Returns:
            Whether the calculator can be called. That the store cannot be opened is logged and does
            not matter.
        """
        if self.config.enabled:
            self._store_failed = not self.exchange.initialize()
        initialize = getattr(self.inner, "initialize", None)
        return initialize() is not False if callable(initialize) else True

    def close(self) -> None:
        """Releases the store, and closes the calculator if it can be."""
        self.exchange.close()
        close = getattr(self.inner, "close", None)
        if callable(close):
            close()

    def is_lmdb_enabled(self) -> bool:
        """Whether the exchange is configured and its store is open."""
        return self.exchange.is_enabled()

    def get_lmdb_info(self) -> dict[str, Any]:
        """The settings of the exchange."""
        return self.exchange.get_exchange_info()

    def calculate(self, input_data: Any) -> Any:
        """Calculates.

        Args:
            input_data: the payload, or a reference to one.

        Returns:
            The result without the protocol's names. In mode ``reference`` a result that is large,
            or that the calculator stored, is a reference.

        Raises:
            EntryNotFoundError: the payload of a reference is missing or expired.
            LMDBTimeoutError: the calculator opened its input, returned nothing and wrote nothing in
                time.
            Exception: whatever the calculator raises.
        """
        native = self._native()
        if native is None:
            return self._directly(None, input_data)
        output_only = self.config.exchange_mode is LMDBExchangeMode.OUTPUT_ONLY
        if is_reference(input_data):
            if (
                not output_only
                and not self.exchange.ignored
                and input_data.get(DB_PATH) == self.config.db_path
            ):
                return self._chained(native, input_data)
            input_data = self._resolved(input_data)
        if output_only and isinstance(input_data, dict):
            return self._beside_output_key(native, input_data)
        if self.exchange.should_use_lmdb(input_data):
            return self._through_store(native, input_data)
        return self._directly(native, input_data)

    def _native(self) -> NativeExchange | None:
        """The engine's side; None when payloads are to be passed directly."""
        if not self.config.enabled or self._store_failed:
            return None
        try:
            return self.exchange.open()
        except LMDBError as error:
            self._store_failed = True
            self.exchange.complain("cannot open the store, payloads are passed directly", error)
            return None

    def _call(self, payload: Any) -> Any:
        calculate = getattr(self.inner, "calculate", None)
        return calculate(payload) if calculate is not None else self.inner(payload)

    def _resolved(self, reference: Mapping[str, Any]) -> Any:
        """The payload of a reference."""
        pin = Reference.parse(reference).view_input()
        pin.verify()
        return self.exchange.decode(pin)

    def _directly(self, native: NativeExchange | None, payload: Any) -> Any:
        """The payload itself goes to the calculator."""
        began = time.perf_counter_ns()
        if is_reference(payload):
            payload = self._resolved(payload)
        answer = self._call(payload)
        if logger.isEnabledFor(logging.DEBUG):
            size = size_up_to(payload, self.config.min_payload_size)
            log_route(self.calculator_name, "direct", "-", size, began)
        return self._answered(native, None, answer)

    def _beside_output_key(self, native: NativeExchange, payload: dict[Any, Any]) -> Any:
        """Mode ``output``: the payload itself, with the output's place beside it."""
        try:
            reference = native.reference(new_txn_id())
            message = {**payload, **reference.fields()}
        except LMDBError as error:
            self.exchange.complain("cannot make a reference, the payload is passed directly", error)
            return self._directly(native, payload)
        return self._exchanged(native, reference, message, lambda: payload, CLEANUP_OUTPUT)

    def _through_store(self, native: NativeExchange, payload: Any) -> Any:
        """The payload goes to the store, the calculator gets a reference."""
        try:
            reference = self.exchange.put(payload, new_txn_id())
            message = reference.fields()
        except Exception as error:
            self.exchange.complain("cannot store the input, it is passed directly", error)
            return self._directly(native, payload)
        return self._exchanged(
            native, reference, message, lambda: payload, CLEANUP_INPUT | CLEANUP_OUTPUT
        )

    def _chained(self, native: NativeExchange, payload: Mapping[str, Any]) -> Any:
        """The reference that came goes on, with a place for this calculator's output."""
        reference = native.reference(new_txn_id())
        try:
            reference.set(REF, "true")
            reference.set(INPUT_KEY, payload[INPUT_KEY])
            reference.set(DB_NAME, payload.get(DB_NAME) or "default")
        except (KeyError, AttributeError) as error:
            raise CorruptError(f"{payload!r} is no reference: {error}") from error
        return self._exchanged(
            native,
            reference,
            reference.fields(),
            lambda: self._resolved(payload),
            CLEANUP_OUTPUT,
            chained=True,
        )

    def _exchanged(
        self,
        native: NativeExchange,
        reference: Reference,
        message: dict[Any, Any],
        payload: Callable[[], Any],
        cleanup: int,
        chained: bool = False,
    ) -> Any:
        """Calls the calculator with ``message`` and finds out what its answer means.

        Args:
            native: the engine's side.
            reference: what ``message`` says of the protocol.
            message: what the calculator gets.
            payload: gives the payload itself.
            cleanup: what is deleted afterwards, ``CLEANUP_*``.
            chained: the input is somebody else's, so that it may have been opened by others.
        """
        if self.config.exchange_mode is LMDBExchangeMode.REFERENCE:
            cleanup &= ~CLEANUP_OUTPUT
        try:
            try:
                answer = self._call(message)
            except Exception:
                # On a reference, a calculator that does not know them fails as likely as not.
                if chained and not self._proven:
                    return self._through_store(native, payload())
                if self._decision(native, reference, ANSWER_UNKNOWN_NO_WAIT) != DECISION_REPEAT:
                    raise
                return self._repeated(native, payload())
            decision = self._decided(native, reference, message, answer, chained)
            if decision == _PROVE:
                return self._through_store(native, payload())
            if decision == DECISION_REPEAT:
                return self._repeated(native, payload())
            if decision == _PASS_DIRECTLY:
                return self._directly(native, payload())
            result = self._result(native, reference, message, answer, decision)
            if is_reference(result) and result.get(INPUT_KEY) == message.get(INPUT_KEY):
                cleanup &= ~CLEANUP_INPUT
            return result
        finally:
            self._clean(native, reference, cleanup)

    def _decided(
        self,
        native: NativeExchange,
        reference: Reference,
        message: Mapping[Any, Any],
        answer: Any,
        chained: bool,
    ) -> int:
        """What the answer means, ``DECISION_*`` or one of ours."""
        written = is_output_written(answer)
        if chained and not written:
            # The marks of this input may be another calculator's: only one of its own would tell.
            if not self._proven:
                return _PROVE
            if answer is not None:
                output = message.get(OUTPUT_KEY)
                there = output and native.store.contains(
                    text_bytes(message[DB_NAME]), text_bytes(output)
                )
                return DECISION_TAKE_OUTPUT if there else DECISION_TAKE_ANSWER
        kind = ANSWER_OUTPUT_WRITTEN if written else ANSWER_NONE if answer is None else ANSWER_VALUE
        decision = self._decision(native, reference, kind)
        if INPUT_KEY in message and decision in (DECISION_TAKE_ANSWER, DECISION_TAKE_OUTPUT):
            self._proven = True
        return decision

    def _decision(self, native: NativeExchange, reference: Reference, answer: int) -> int:
        """What the engine decides; when it cannot, nothing says what the answer is worth."""
        try:
            return native.settle(reference, answer)
        except (LMDBTimeoutError, CorruptError):
            raise
        except LMDBError as error:
            self.exchange.complain(
                "the store failed during an exchange, the payload is passed directly", error
            )
            return _PASS_DIRECTLY

    def _repeated(self, native: NativeExchange, payload: Any) -> Any:
        """The calculator ignored its reference: it gets the payload, now and from now on."""
        self.exchange.found_ignored()
        return self._directly(native, payload)

    def _result(
        self,
        native: NativeExchange,
        reference: Reference,
        message: Mapping[Any, Any],
        answer: Any,
        decision: int,
    ) -> Any:
        if decision != DECISION_TAKE_OUTPUT:
            return self._answered(native, reference, answer)
        if self.config.exchange_mode is LMDBExchangeMode.REFERENCE:
            return _to_output(reference)
        return stripped(self.exchange.take_output(message, time.perf_counter_ns()))

    def _answered(
        self, native: NativeExchange | None, reference: Reference | None, answer: Any
    ) -> Any:
        """The result of a calculator that answered by its return value."""
        by_reference = (
            native is not None and self.config.exchange_mode is LMDBExchangeMode.REFERENCE
        )
        if is_reference(answer):
            return answer if by_reference else stripped(self._resolved(answer))
        if is_output_written(answer):
            raise CorruptError(
                f"calculator {self.calculator_name!r} says that it wrote its output, "
                "but it was asked for none"
            )
        answer = stripped(answer)
        if not by_reference or native is None:
            return answer
        least = self.config.min_payload_size
        if answer is None or size_up_to(answer, max(least, 1)) < least:
            return answer
        return self._stored(native, reference, answer)

    def _stored(self, native: NativeExchange, reference: Reference | None, answer: Any) -> Any:
        """Mode ``reference``: a large answer goes to the store, a reference is the result."""
        began = time.perf_counter_ns()
        try:
            place = native.reference(new_txn_id()) if reference is None else reference
            number, parts = self.exchange.encode(answer)
            flags = PUT_CHECKSUM if self.config.checksum else 0
            place.put_output(number, parts, ttl_milliseconds(self.config.ttl_seconds), flags)
            result = _to_output(place)
        except Exception as error:
            self.exchange.complain("cannot store the result, it is passed directly", error)
            return answer
        if logger.isEnabledFor(logging.DEBUG):
            log_route(
                self.calculator_name, "result", result[INPUT_KEY], _formats.size_of(parts), began
            )
        return result

    def _clean(self, native: NativeExchange, reference: Reference, flags: int) -> None:
        if flags:
            try:
                native.cleanup(reference, flags)
            except LMDBError as error:
                self.exchange.complain("cannot delete what an exchange left", error)


def _to_output(reference: Reference) -> dict[str, Any]:
    """The reference that stands for the output of another."""
    fields = reference.fields()
    fields[INPUT_KEY] = fields.pop(OUTPUT_KEY)
    return {REF: True, **fields}


def wrap_with_lmdb(
    calculator: Any, config: LMDBCalculatorConfig | Mapping[str, Any], calculator_name: str
) -> Any:
    """Wraps a calculator when its configuration asks for it.

    Args:
        calculator: an object with ``calculate``, or a callable.
        config: the settings, or the calculator's whole configuration.
        calculator_name: the name in the keys.

    Returns:
        An initialised :class:`LMDBEnabledCalculator`, or the calculator itself when
        ``lmdb_enabled`` is not true.

    Raises:
        ConfigError: a setting is not allowed.
    """
    enabled = (
        config.enabled
        if isinstance(config, LMDBCalculatorConfig)
        else config.get("lmdb_enabled", False)
    )
    if not enabled:
        return calculator
    wrapped = LMDBEnabledCalculator(calculator, config, calculator_name)
    wrapped.initialize()
    return wrapped
