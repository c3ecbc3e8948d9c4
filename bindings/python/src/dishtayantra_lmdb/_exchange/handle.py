"""The exchange in the engine's hands: what goes through the store and what an answer means is
decided there.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from typing import Any

from .._library import core
from .._library.abi import (
    DECISION_PASS_DIRECTLY,
    DECISION_REPEAT,
    TIMEOUT,
    fail,
    last_message,
    lib,
    log_warnings,
    take_bytes,
    take_json,
)
from .._library.fork import generation
from .._library.handles import EXCHANGE, Handle
from .._library.types import LMDBExchangeMode
from .._store.reference import INPUT_KEY, OUTPUT_KEY, Reference
from .._store.store import Store, data_file, identity
from .._store.waiting import wait_in_slices
from ..errors import LMDBTimeoutError
from .config import LMDBCalculatorConfig, as_json


class ExchangeHandle:
    """One calculator's exchange in the engine's hands, with its store open. Every method may be
    called from any thread.
    """

    __slots__ = (
        "_file",
        "_handle",
        "_identity",
        "_name",
        "_wait_timeout_ms",
        "generation",
        "store",
        "store_id",
    )

    def __init__(self, config: LMDBCalculatorConfig, name: str, mode: LMDBExchangeMode) -> None:
        """Opens the store.

        Args:
            config: the settings, but for the mode.
            name: the calculator's name.
            mode: the mode.

        Raises:
            LMDBError: one of its kinds says why it cannot be opened.
        """
        text, name_bytes = as_json({**config.to_dict(), "lmdb_exchange_mode": mode}), name.encode()
        handle = ctypes.c_void_p()
        status = lib.exchange_open(
            text, len(text), name_bytes, len(name_bytes), ctypes.byref(handle)
        )
        log_warnings()
        if status:
            fail(status)
        self._handle = Handle._of(handle.value or 0, EXCHANGE)
        self._name = name
        self._wait_timeout_ms = config.wait_timeout_ms
        self.generation: int = generation[0]
        store = ctypes.c_void_p()
        status = lib.exchange_store(self._handle.value, ctypes.byref(store))
        if status:
            fail(status)
        self.store: Store = Store(store.value)
        self.store_id: str = self.store.id()
        self._file = data_file(config.db_path)
        self._identity = identity(self._file)

    @property
    def value(self) -> int:
        """The handle; 0 when it was given back."""
        return self._handle.value or 0

    def is_current(self) -> bool:
        """Whether the store that is open is the one that others find at its path."""
        return identity(self._file) == self._identity

    def close(self) -> None:
        """Releases the store."""
        self.store.close()
        self._handle.close()

    def should(self, size: int) -> bool:
        """Whether an input of ``size`` bytes goes through the store."""
        return core.should(Store, self.value, size)

    def put_input(self, txn_id: str, number: int, parts: Sequence[Any]) -> Reference:
        """Puts an input, never over a live one; returns the reference that travels instead."""
        return Reference(core.put_input(Store, self._handle.value or 0, txn_id, parts, number))

    def reference(self, txn_id: str) -> Reference:
        """The reference without an input: where the output goes."""
        txn, handle = txn_id.encode(), ctypes.c_void_p()
        status = lib.exchange_reference(self._handle.value, txn, len(txn), ctypes.byref(handle))
        if status:
            fail(status)
        return Reference(handle.value)

    def key(self, which: int, txn_id: str) -> str:
        """The key of one side of an exchange, ``EXCHANGE_*``."""
        txn, block = txn_id.encode(), ctypes.c_void_p()
        status = lib.exchange_key(self._handle.value, which, txn, len(txn), ctypes.byref(block))
        if status:
            fail(status)
        return take_bytes(block).decode()

    def calls(self) -> dict[str, Any]:
        """The calls of the calculator in every process, as the library gives them."""
        block = ctypes.c_void_p()
        status = lib.exchange_calls(self._handle.value, ctypes.byref(block))
        if status:
            fail(status)
        found: dict[str, Any] = take_json(block)
        return found

    def passed_directly(self, began: int) -> None:
        """Says that a call is over that began at ``began``, by ``perf_counter_ns``."""
        lib.exchange_passed_directly(self._handle.value, (time.perf_counter_ns() - began) // 1000)

    def called(self, reference: Reference, began: int, answered: int) -> None:
        """Says that a call is over whose input another put; as :meth:`passed_directly`."""
        took, calculated = time.perf_counter_ns() - began, answered - began
        lib.exchange_called(self._handle.value, reference.value, took // 1000, calculated // 1000)

    def refused(self, error: Exception) -> None:
        """Counts a payload that no format can hold."""
        why = str(error).encode("utf-8", "replace")
        lib.exchange_refused(self._handle.value, why, len(why))

    def ignored(self) -> bool:
        """Whether the calculator was found to ignore references."""
        return core.ignored(Store, self.value)

    def judge(self, reference: Reference, answer: int) -> tuple[int, str]:
        """Decides what a calculator's answer means; may wait for its output.

        Args:
            reference: what the calculator got.
            answer: what is known of its answer, ``ANSWER_*``.

        Returns:
            ``DECISION_*``, and the reason when that is ``DECISION_PASS_DIRECTLY``.

        Raises:
            LMDBTimeoutError: the input was opened and no output came.
            CorruptError: the calculator says that it wrote an output that nobody asked for.
        """
        if self._handle.value is None:
            return DECISION_PASS_DIRECTLY, "the exchange was closed"
        decision = self._decided(core.judge, reference, answer)
        return decision, last_message() if decision == DECISION_PASS_DIRECTLY else ""

    def settle(self, reference: Reference, answer: int) -> int:
        """As :meth:`judge`, for a caller that can only take an answer or repeat a call."""
        decision = self._decided(core.settle, reference, answer)
        if decision == DECISION_REPEAT:
            log_warnings()
        return decision

    def output_of(self, reference: Reference) -> Reference:
        """The reference that stands for the output of another.

        Raises:
            EntryNotFoundError: it is missing or expired.
        """
        made = ctypes.c_void_p()
        status = lib.exchange_output_reference(
            self._handle.value, reference.value, ctypes.byref(made)
        )
        if status:
            fail(status)
        return Reference(made.value)

    def repeated(self, reference: Reference) -> None:
        """Says that a calculator that had to be called again returned a result: payloads are passed
        directly from now on, unless the exchange was closed meanwhile.
        """
        lib.exchange_repeated(self._handle.value, reference.value)
        log_warnings()

    def _decided(self, decide: Any, reference: Reference, answer: int) -> int:
        given = reference.value or 0
        # Nearly always it is decided when the calculator has returned.
        decision: int | None = decide(Store, self.value, given, answer, 0)

        def decided(slice_ms: int) -> int:
            nonlocal decision
            decision = decide(Store, self.value, given, answer, slice_ms)
            return TIMEOUT if decision is None else 0

        if decision is None:
            wait_in_slices(self._wait_timeout_ms, decided)
        if decision is None:
            raise self._timeout(reference, self._wait_timeout_ms)
        return decision

    def _timeout(self, reference: Reference, limit: int) -> LMDBTimeoutError:
        fields = reference.fields()
        return LMDBTimeoutError(
            f"calculator {self._name!r} opened its input {fields.get(INPUT_KEY)!r} but wrote no "
            f"output under {fields.get(OUTPUT_KEY)!r} within {limit} ms; lmdb_wait_timeout sets "
            "how long is waited"
        )

    def cleanup(self, reference: Reference, flags: int) -> None:
        """Deletes the input, the output or both, ``CLEANUP_*``."""
        status = lib.exchange_cleanup(self._handle.value, reference.value, flags)
        if status:
            fail(status)
