"""Results, made of what calculators answer once the engine has said what that means."""

from __future__ import annotations

import logging
import time
from typing import Any

from .._library.abi import (
    ANSWER_BROKEN_OFF,
    ANSWER_NONE,
    ANSWER_OUTPUT_WRITTEN,
    ANSWER_RAISED,
    ANSWER_VALUE,
    PUT_CHECKSUM,
    logger,
)
from .._library.core import new_txn_id
from .._library.origin import is_apart_from_the_input
from .._library.types import LMDBExchangeMode, ttl_milliseconds
from .._payload import formats
from .._store.reference import (
    INPUT_KEY,
    Reference,
    is_output_written,
    speaks_protocol,
    stripped,
)
from .._store.resolve import resolve, stands_for_payloads
from ..errors import CorruptError
from .estimate import size_up_to
from .exchange import LMDBDataExchange, log_route
from .handle import ExchangeHandle


def kind_of(answer: Any, failure: Exception | None) -> int:
    """What happened when a calculator was called, ``ANSWER_*``."""
    if failure is not None:
        return ANSWER_BROKEN_OFF if is_apart_from_the_input(failure) else ANSWER_RAISED
    if is_output_written(answer):
        return ANSWER_OUTPUT_WRITTEN
    return ANSWER_NONE if answer is None else ANSWER_VALUE


class Answers:
    """Makes results of the answers of one calculator. Any thread may use it."""

    def __init__(self, exchange: LMDBDataExchange) -> None:
        self.exchange = exchange
        self.by_reference = exchange.config.exchange_mode is LMDBExchangeMode.REFERENCE

    def resolved(self, value: Any) -> Any:
        """A payload with the payloads in place of the references in it; see :func:`resolve`."""
        return resolve(value, self.exchange.decode)

    def output(self, handle: ExchangeHandle, reference: Reference) -> Any:
        """The result of a calculator that wrote it to the store."""
        # Where somebody removed the store, a reference would lead nowhere; the output is there yet.
        if self.by_reference and handle.is_current():
            return handle.output_of(reference).fields()
        fields = reference.fields()
        output = self.exchange.take_output(handle, fields, time.perf_counter_ns())
        return stripped(self.resolved(output))

    def returned(
        self, handle: ExchangeHandle | None, reference: Reference | None, answer: Any
    ) -> Any:
        """The result of a calculator that answered by its return value.

        Args:
            handle: the engine's side; None when nothing goes through the store.
            reference: what the calculator got, if it got one.
            answer: what it returned.

        Raises:
            CorruptError: it says that it wrote its output.
        """
        by_reference = handle is not None and self.by_reference
        if speaks_protocol(answer):
            if stands_for_payloads(answer):
                return answer if by_reference else stripped(self.resolved(answer))
            if is_output_written(answer):
                raise CorruptError(
                    f"calculator {self.exchange.calculator_name!r} says that it wrote its output, "
                    "but it was asked for none"
                )
            answer = stripped(answer)
        if not by_reference or handle is None:
            return answer
        least = self.exchange.config.min_payload_size
        if answer is None or size_up_to(answer, max(least, 1)) < least:
            return answer
        return self._stored(handle, reference, answer)

    def _stored(self, handle: ExchangeHandle, reference: Reference | None, answer: Any) -> Any:
        """Mode ``reference``: a large answer goes to the store, a reference is the result."""
        began = time.perf_counter_ns()
        config = self.exchange.config
        try:
            place = handle.reference(new_txn_id()) if reference is None else reference
            number, parts = self.exchange.encode(answer)
            flags = PUT_CHECKSUM if config.checksum else 0
            place.put_output(number, parts, ttl_milliseconds(config.ttl_seconds), flags)
            result = handle.output_of(place).fields()
        except Exception as error:
            self.exchange.complain("cannot store the result, it is passed directly", error)
            return answer
        if logger.isEnabledFor(logging.DEBUG):
            name, key = self.exchange.calculator_name, result[INPUT_KEY]
            log_route(name, "result", key, formats.size_of(parts), began)
        return result
