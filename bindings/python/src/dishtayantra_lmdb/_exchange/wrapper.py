"""A calculator with its exchange around it: large payloads go through the store, whatever the
calculator knows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from .._library.abi import (
    CLEANUP_INPUT,
    CLEANUP_OUTPUT,
    DECISION_PASS_DIRECTLY,
    DECISION_PROVE,
    DECISION_REPEAT,
    DECISION_TAKE_ANSWER,
    DECISION_TAKE_OUTPUT,
    VIEW_QUIET,
    logger,
)
from .._library.core import Caller, new_txn_id
from .._library.keys import text_bytes
from .._library.types import LMDBExchangeMode
from .._store.reference import (
    DB_NAME,
    DB_PATH,
    ENTRY,
    INPUT_KEY,
    REF,
    Reference,
    is_reference,
    stripped,
)
from .._store.resolve import holds_references, is_single
from ..errors import CorruptError, FormatError, LMDBError
from . import elsewhere
from .answers import Answers, kind_of
from .calls import FAILED, Steps, run
from .config import LMDBCalculatorConfig, is_enabled, require_mapping
from .estimate import size_up_to
from .exchange import LMDBDataExchange, log_route
from .handle import ExchangeHandle

Calculate = Callable[[Any], Any]
# More than any payload has.
_WHOLE = 1 << 62


class _Exchange(LMDBDataExchange):
    """The exchange of a caller that knows mode ``output``."""

    def _mode(self) -> LMDBExchangeMode:
        return self.config.exchange_mode


class LMDBEnabledCalculator:
    """Calls a calculator, with the payloads through the store when they are large enough.

    The calculator may be an object with ``calculate`` or any callable, in any language, and may
    know references or not: one that never opens its reference gets the payload itself. When the
    store fails, payloads are passed directly: a calculation never fails because the exchange did.
    One that answers by an awaitable (``async def calculate``) is judged when that is done: the
    wrapper's ``calculate`` then returns an awaitable, too.
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
        self.exchange: LMDBDataExchange = _Exchange(config, calculator_name)
        self.config: LMDBCalculatorConfig = self.exchange.config
        self._answers = Answers(self.exchange)
        self._store_failed = False
        # The engine's side, and what calls the calculator by way of it, if they are the usual ones.
        self._native: ExchangeHandle | None = None
        self._caller: Caller | None = None

    def __getstate__(self) -> dict[str, Any]:
        # What belongs to this process alone is made anew by the first call.
        return {**self.__dict__, "_native": None, "_caller": None}

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
        """The settings of the exchange, and under ``calls`` what was counted of the calculator:
        calls through the store and past it, repeated and refused ones, bytes, the last error,
        histograms of microseconds. Every process that calls it counts there.
        """
        return {**self.exchange.get_exchange_info(), "calls": self.exchange.calls()}

    def __repr__(self) -> str:
        calls = self.exchange.calls()
        counted = (
            f"{calls['through_store']} calls through the store, {calls['direct']} direct, "
            f"{calls['repeated']} repeated, {calls['refused']} refused"
            if calls
            else "no store"
        )
        return f"<{type(self).__name__} {self.calculator_name!r} around {self.inner!r}: {counted}>"

    def calculate(self, input_data: Any) -> Any:
        """Calculates.

        Args:
            input_data: the payload, a reference to one, or what engines make of several references:
                merged, with fields beside them, under names, in lists.

        Returns:
            The result without the protocol's names. In mode ``reference`` a result that is large,
            or that the calculator stored, is a reference.

        Raises:
            EntryNotFoundError: the payload of a reference is missing or expired.
            InvalidArgumentError: references that were merged have a name in common, or one stands
                for a payload that cannot be joined with others.
            LMDBTimeoutError: the calculator opened its input, returned nothing and wrote nothing in
                time.
            Exception: whatever the calculator raises.
        """
        calculate = getattr(self.inner, "calculate", None)
        if calculate is None:
            calculate = self.inner
        caller = self._caller
        if caller is None or not self.config.enabled or logger.isEnabledFor(logging.DEBUG):
            return run(self._begun(input_data), calculate)
        return caller.calculate(self, calculate, input_data)

    # What the library goes on with when a call is none of the usual ones.

    def _otherwise(self, calculate: Calculate, payload: Any) -> Any:
        """Nothing was done yet."""
        return run(self._begun(payload), calculate)

    def _answered(
        self, calculate: Calculate, payload: Any, handle: ExchangeHandle, answer: Any
    ) -> Any:
        """The payload itself was passed."""
        return run(self._directly(handle, payload), calculate, (answer, None))

    def _not_stored(
        self, calculate: Calculate, payload: Any, handle: ExchangeHandle, error: Exception
    ) -> Any:
        """The payload could not be stored."""
        if isinstance(error, FormatError):
            handle.refused(error)
        self.exchange.complain("cannot store the input, it is passed directly", error)
        return run(self._directly(handle, payload), calculate)

    def _went_on(
        self,
        calculate: Calculate,
        payload: Any,
        handle: ExchangeHandle,
        reference: int,
        message: dict[Any, Any],
        answer: Any,
        failure: Exception | None,
    ) -> Any:
        """The calculator was called with a reference."""
        try:
            if failure is not None:
                try:
                    raise failure
                except Exception as raised:
                    # From here on it is a failure of what this function called.
                    failure = raised
            cleanup = CLEANUP_INPUT | CLEANUP_OUTPUT
            given = Reference(reference)
            steps = self._exchanged(handle, given, message, lambda: payload, cleanup)
            return run(steps, calculate, (answer, failure))
        finally:
            # A failure holds the frames that hold it.
            failure = None

    def _finished(self, calculate: Calculate, payload: Any, output: Any) -> Any:
        """The output may hold names of the protocol."""
        return stripped(self._answers.resolved(output))

    def _not_cleaned(self, calculate: Calculate, payload: Any, error: Exception) -> None:
        """What an exchange left could not be deleted."""
        self.exchange.complain("cannot delete what an exchange left", error)

    def _begun(self, payload: Any) -> Steps:
        handles = elsewhere.handles() if self._answers.by_reference else None
        return self._steps(payload) if handles is None else self._with_handles(handles, payload)

    def _with_handles(self, handles: elsewhere.Handles, payload: Any) -> Steps:
        """A call that takes handles of payloads elsewhere, and gives one."""
        call = handles.taken(payload)
        result = yield from self._steps(call.payload)
        return result if result is FAILED else call.given(result, self.config)

    def _steps(self, payload: Any) -> Steps:
        handle = self._handle()
        if handle is None:
            return (yield from self._directly(None, self._answers.resolved(payload)))
        output_only = self.config.exchange_mode is LMDBExchangeMode.OUTPUT_ONLY
        if holds_references(payload):
            if not output_only and self._travels_on(handle, payload):
                return (yield from self._chained(handle, payload))
            payload = self._answers.resolved(payload)
        if output_only and type(payload) is dict:
            return (yield from self._beside_output_key(handle, payload))
        if self._should(handle, payload):
            return (yield from self._through_store(handle, payload))
        return (yield from self._directly(handle, payload))

    def _should(self, handle: ExchangeHandle, payload: Any) -> bool:
        try:
            return self.exchange.should(handle, payload)
        except LMDBError as error:
            self.exchange.complain("cannot tell whether to exchange", error)
            return False

    def _handle(self) -> ExchangeHandle | None:
        """The engine's side; None when payloads are to be passed directly."""
        if not self.config.enabled or self._store_failed:
            return None
        try:
            handle = self.exchange.current()
        except LMDBError as error:
            self._store_failed = True
            self._caller = None
            self.exchange.complain("cannot open the store, payloads are passed directly", error)
            return None
        if handle is not self._native:
            self._native, self._caller = handle, self.exchange.caller(handle)
        return handle

    def _travels_on(self, handle: ExchangeHandle, reference: Any) -> bool:
        """Whether the calculator gets what came, a reference, instead of its payload."""
        if (
            not is_single(reference)
            or not self._is_of_our_store(handle, reference)
            or handle.ignored()
        ):
            return False
        key, db_name = reference.get(INPUT_KEY), reference.get(DB_NAME) or "default"
        try:
            pin = handle.store.view(text_bytes(db_name), text_bytes(key or ""), VIEW_QUIET)
        except LMDBError:
            pin = None
        # A payload inside its record has no marks that tell who opened it, and is a copy in any
        # case. One that cannot be had is for whoever resolves it to complain of.
        return pin is not None and pin.info().file_offset != 0

    def _is_of_our_store(self, handle: ExchangeHandle, reference: Any) -> bool:
        """Whether a reference is to our store, wherever its maker has the directory."""
        entry = reference.get(ENTRY)
        if isinstance(entry, str):
            return entry.startswith(handle.store_id)
        return bool(reference.get(DB_PATH) == self.config.db_path)

    def _directly(self, handle: ExchangeHandle | None, payload: Any) -> Steps:
        """The payload itself goes to the calculator."""
        began = time.perf_counter_ns()
        answer, failure = yield payload
        if handle is not None:
            handle.passed_directly(began)
        if failure is not None:
            return FAILED
        if logger.isEnabledFor(logging.DEBUG):
            size = size_up_to(payload, _WHOLE)
            log_route(self.calculator_name, "direct", "-", size, began)
        return self._answers.returned(handle, None, answer)

    def _beside_output_key(self, handle: ExchangeHandle, payload: dict[Any, Any]) -> Steps:
        """Mode ``output``: the payload itself, with the output's place beside it."""
        try:
            reference = handle.reference(new_txn_id())
        except LMDBError as error:
            self.exchange.complain("cannot make a reference, the payload is passed directly", error)
            return (yield from self._directly(handle, payload))
        message = {**payload, **reference.fields()}
        return (
            yield from self._exchanged(handle, reference, message, lambda: payload, CLEANUP_OUTPUT)
        )

    def _through_store(self, handle: ExchangeHandle, payload: Any) -> Steps:
        """The payload goes to the store, the calculator gets a reference."""
        try:
            reference = self.exchange.put(payload, new_txn_id())
        except Exception as error:
            self.exchange.complain("cannot store the input, it is passed directly", error)
            return (yield from self._directly(handle, payload))
        cleanup = CLEANUP_INPUT | CLEANUP_OUTPUT
        message = reference.fields()
        return (yield from self._exchanged(handle, reference, message, lambda: payload, cleanup))

    def _chained(self, handle: ExchangeHandle, payload: Mapping[str, Any]) -> Steps:
        """The reference that came goes on, with a place for this calculator's output."""
        reference = handle.reference(new_txn_id())
        try:
            reference.set(REF, "true")
            reference.set(INPUT_KEY, payload[INPUT_KEY])
            reference.set(DB_NAME, payload.get(DB_NAME) or "default")
            if payload.get(ENTRY) is not None:
                reference.set(ENTRY, payload[ENTRY])
        except (KeyError, AttributeError) as error:
            raise CorruptError(f"{payload!r} is no reference: {error}") from error
        message = reference.fields()
        resolved = self._answers.resolved
        return (
            yield from self._exchanged(
                handle, reference, message, lambda: resolved(payload), CLEANUP_OUTPUT
            )
        )

    def _exchanged(
        self,
        handle: ExchangeHandle,
        reference: Reference,
        message: dict[Any, Any],
        payload: Callable[[], Any],
        cleanup: int,
    ) -> Steps:
        """Calls the calculator with ``message`` and has the engine say what its answer means.

        Args:
            handle: the engine's side.
            reference: what ``message`` says of the protocol.
            message: what the calculator gets.
            payload: gives the payload itself.
            cleanup: what is deleted afterwards, ``CLEANUP_*``.
        """
        answers = self._answers
        # What this exchange put is timed by the engine.
        is_own = bool(cleanup & CLEANUP_INPUT)
        began = answered = time.perf_counter_ns()
        try:
            answer, failure = yield message
            answered = time.perf_counter_ns()
            decision, reason = handle.judge(reference, kind_of(answer, failure))
            if decision == DECISION_TAKE_ANSWER and failure is not None:
                return FAILED
            if decision in (DECISION_TAKE_ANSWER, DECISION_TAKE_OUTPUT):
                if answers.by_reference:
                    cleanup &= ~CLEANUP_OUTPUT
                if decision == DECISION_TAKE_OUTPUT:
                    return answers.output(handle, reference)
                result = answers.returned(handle, reference, answer)
                if is_reference(result) and result.get(INPUT_KEY) == message.get(INPUT_KEY):
                    cleanup &= ~CLEANUP_INPUT
                return result
            if decision == DECISION_PROVE:
                return (yield from self._through_store(handle, payload()))
            if decision == DECISION_PASS_DIRECTLY:
                self.exchange.complain(
                    "the store failed during an exchange, the payload is passed directly",
                    LMDBError(reason),
                )
            result = yield from self._directly(handle, payload())
            if decision == DECISION_REPEAT and result is not FAILED:
                handle.repeated(reference)
            return result
        finally:
            if not is_own:
                handle.called(reference, began, answered)
            if cleanup:
                self._clean(handle, reference, cleanup)

    def _clean(self, handle: ExchangeHandle, reference: Reference, flags: int) -> None:
        try:
            handle.cleanup(reference, flags)
        except LMDBError as error:
            self.exchange.complain("cannot delete what an exchange left", error)


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
        ``lmdb_enabled``, or where that is missing ``enabled``, is not true.

    Raises:
        ConfigError: a setting is not allowed.
    """
    if isinstance(config, LMDBCalculatorConfig):
        enabled = config.enabled
    else:
        require_mapping(config)
        enabled = is_enabled(config)
    if not enabled:
        return calculator
    wrapped = LMDBEnabledCalculator(calculator, config, calculator_name)
    wrapped.initialize()
    return wrapped
