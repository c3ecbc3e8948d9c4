"""What a calculator's answer means: a result, the word that it wrote one, or nothing at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from . import _formats
from ._abi import (
    ANSWER_NONE,
    ANSWER_OUTPUT_WRITTEN,
    ANSWER_UNKNOWN_NO_WAIT,
    ANSWER_VALUE,
    DECISION_REPEAT,
    DECISION_TAKE_ANSWER,
    DECISION_TAKE_OUTPUT,
    PUT_CHECKSUM,
    logger,
)
from ._estimate import size_up_to
from ._exchange import LMDBDataExchange, log_route, new_txn_id
from ._native import NativeExchange
from ._reference import (
    INPUT_KEY,
    OUTPUT_KEY,
    REF,
    Reference,
    is_output_written,
    is_reference,
    stripped,
)
from .errors import CorruptError, LMDBError, LMDBTimeoutError
from .lmdb_types import LMDBExchangeMode, ttl_milliseconds

# Decisions beside the engine's: have an input of its own show whether the calculator opens any; the
# store failed.
PROVE = -1
PASS_DIRECTLY = -2


class Answers:
    """Judges the answers of one calculator and makes results of them. Any thread may use it."""

    def __init__(self, exchange: LMDBDataExchange) -> None:
        self.exchange = exchange
        self.by_reference = exchange.config.exchange_mode is LMDBExchangeMode.REFERENCE
        # Whether the calculator was seen opening an input, so that it can be trusted with others'.
        self._proven = False

    def decide(
        self, native: NativeExchange, reference: Reference, answer: Any, chained: bool
    ) -> int:
        """What an answer means, ``DECISION_*`` or one of ours; may wait for an output.

        Args:
            native: the engine's side.
            reference: what the calculator got.
            answer: what it returned.
            chained: the input is another exchange's.

        Raises:
            LMDBTimeoutError: nothing came in time.
            CorruptError: the calculator says that it wrote an output that nobody asked for.
        """
        written = is_output_written(answer)
        kind = ANSWER_OUTPUT_WRITTEN if written else ANSWER_NONE if answer is None else ANSWER_VALUE
        if chained and not written:
            decision = self._ask(native, reference, ANSWER_VALUE)
            if decision == DECISION_REPEAT:
                # Nothing tells whether this calculator, or another one, opened the input.
                if not self._proven:
                    return PROVE
                decision = DECISION_TAKE_ANSWER
            if answer is not None or decision != DECISION_TAKE_ANSWER:
                return self._seen(decision)
        return self._seen(self._ask(native, reference, kind))

    def decide_failed(
        self, native: NativeExchange, reference: Reference, error: Exception, chained: bool
    ) -> int:
        """What it means that the calculator raised: on a reference, one that does not know them
        fails as likely as not. ``DECISION_TAKE_ANSWER``: what it raised is its answer.

        One that was seen opening its input knows references, and it is not for want of knowing them
        that a connection breaks.
        """
        if self._proven or isinstance(error, ConnectionError):
            return DECISION_TAKE_ANSWER
        if chained:
            if self._ask(native, reference, ANSWER_VALUE) != DECISION_REPEAT:
                return DECISION_TAKE_ANSWER
            return PROVE
        if self._ask(native, reference, ANSWER_UNKNOWN_NO_WAIT) == DECISION_REPEAT:
            return DECISION_REPEAT
        return DECISION_TAKE_ANSWER

    def _seen(self, decision: int) -> int:
        if decision in (DECISION_TAKE_ANSWER, DECISION_TAKE_OUTPUT):
            self._proven = True
        return decision

    def _ask(self, native: NativeExchange, reference: Reference, answer: int) -> int:
        """What the engine decides; when it cannot, nothing says what the answer is worth."""
        try:
            return native.settle(reference, answer)
        except (LMDBTimeoutError, CorruptError):
            raise
        except LMDBError as error:
            self.exchange.complain(
                "the store failed during an exchange, the payload is passed directly", error
            )
            return PASS_DIRECTLY

    def resolved(self, reference: Mapping[str, Any]) -> Any:
        """The payload of a reference.

        Raises:
            EntryNotFoundError: it is missing or expired.
            CorruptError: it is no reference, or the payload is damaged.
        """
        pin = Reference.parse(reference).view_input()
        pin.verify()
        return self.exchange.decode(pin)

    def output(self, native: NativeExchange, reference: Reference) -> Any:
        """The result of a calculator that wrote it to the store."""
        if self.by_reference:
            return _to_output(reference)
        fields = reference.fields()
        return stripped(self.exchange.take_output(native, fields, time.perf_counter_ns()))

    def returned(
        self, native: NativeExchange | None, reference: Reference | None, answer: Any
    ) -> Any:
        """The result of a calculator that answered by its return value.

        Args:
            native: the engine's side; None when nothing goes through the store.
            reference: what the calculator got, if it got one.
            answer: what it returned.

        Raises:
            CorruptError: it says that it wrote its output.
        """
        by_reference = native is not None and self.by_reference
        if is_reference(answer):
            return answer if by_reference else stripped(self.resolved(answer))
        if is_output_written(answer):
            raise CorruptError(
                f"calculator {self.exchange.calculator_name!r} says that it wrote its output, "
                "but it was asked for none"
            )
        answer = stripped(answer)
        if not by_reference or native is None:
            return answer
        least = self.exchange.config.min_payload_size
        if answer is None or size_up_to(answer, max(least, 1)) < least:
            return answer
        return self._stored(native, reference, answer)

    def _stored(self, native: NativeExchange, reference: Reference | None, answer: Any) -> Any:
        """Mode ``reference``: a large answer goes to the store, a reference is the result."""
        began = time.perf_counter_ns()
        config = self.exchange.config
        try:
            place = native.reference(new_txn_id()) if reference is None else reference
            number, parts = self.exchange.encode(answer)
            flags = PUT_CHECKSUM if config.checksum else 0
            place.put_output(number, parts, ttl_milliseconds(config.ttl_seconds), flags)
            result = _to_output(place)
        except Exception as error:
            self.exchange.complain("cannot store the result, it is passed directly", error)
            return answer
        if logger.isEnabledFor(logging.DEBUG):
            name, key = self.exchange.calculator_name, result[INPUT_KEY]
            log_route(name, "result", key, _formats.size_of(parts), began)
        return result


def _to_output(reference: Reference) -> dict[str, Any]:
    """The reference that stands for the output of another."""
    fields = reference.fields()
    fields[INPUT_KEY] = fields.pop(OUTPUT_KEY)
    return {REF: True, **fields}
