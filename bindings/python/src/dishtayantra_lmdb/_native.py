"""The engine's side of an exchange: what goes through the store and what an answer means is decided
there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from . import _objects, _scratch
from ._abi import TIMEOUT, fail, lib, log_warnings, take_bytes
from ._config import LMDBCalculatorConfig, as_json
from ._process import generation
from ._reference import INPUT_KEY, OUTPUT_KEY, Reference
from ._store import Handle, Store, data_file, identity
from ._waiting import wait_in_slices
from .errors import LMDBTimeoutError


class NativeExchange:
    """One calculator's exchange with its store open. Every method may be called from any thread."""

    __slots__ = (
        "_file",
        "_handle",
        "_identity",
        "_name",
        "_wait_timeout_ms",
        "generation",
        "store",
    )

    def __init__(self, config: LMDBCalculatorConfig, name: str) -> None:
        """Opens the store.

        Raises:
            LMDBError: one of its kinds says why it cannot be opened.
        """
        text, name_bytes = as_json(config.to_dict()), name.encode()
        handle = ctypes.c_void_p()
        status = lib.exchange_open(
            text, len(text), name_bytes, len(name_bytes), ctypes.byref(handle)
        )
        log_warnings()
        if status:
            fail(status)
        self._handle = Handle(handle.value, lib.exchange_close)
        self._name = name
        self._wait_timeout_ms = config.wait_timeout_ms
        self.generation = generation[0]
        store = ctypes.c_void_p()
        status = lib.exchange_store(self._handle.value, ctypes.byref(store))
        if status:
            fail(status)
        self.store = Store(store.value)
        self._file = data_file(config.db_path)
        self._identity = identity(self._file)

    def is_current(self) -> bool:
        """Whether the store that is open is the one that others find at its path."""
        return identity(self._file) == self._identity

    def close(self) -> None:
        """Releases the store."""
        self.store.close()
        self._handle.close()

    def should(self, size: int) -> bool:
        """Whether an input of ``size`` bytes goes through the store."""
        frame = _scratch.take()
        try:
            status = lib.exchange_should(self._handle.value, size, frame.handle_at)
            should = frame.answer[0] != 0
        finally:
            _scratch.give_back(frame)
        if status:
            fail(status)
        return should

    def put_input(self, txn_id: str, number: int, parts: Sequence[Any]) -> Reference:
        """Puts an input, never over a live one; returns the reference that travels instead."""
        return Reference(_objects.put_input(Store, self._handle.value or 0, txn_id, parts, number))

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

    def settle(self, reference: Reference, answer: int, timeout_ms: int | None = None) -> int:
        """Decides what a calculator's answer means; may wait for its output.

        Args:
            reference: what the calculator got.
            answer: what is known of its answer, ``ANSWER_*``.
            timeout_ms: how long to wait at most; default ``lmdb_wait_timeout``.

        Returns:
            ``DECISION_*``.

        Raises:
            LMDBTimeoutError: the input was opened and no output came.
        """
        frame = _scratch.take()
        try:
            # Nearly always it is settled when the calculator has returned.
            status = self._settle(reference, answer, 0, frame)
            if status == TIMEOUT:
                limit = self._wait_timeout_ms if timeout_ms is None else timeout_ms
                if not wait_in_slices(
                    limit, lambda slice_ms: self._settle(reference, answer, slice_ms, frame)
                ):
                    raise self._timeout(reference, limit)
            elif status:
                fail(status)
            (decision,) = _scratch.decision_of(frame.answer)
            return decision
        finally:
            _scratch.give_back(frame)

    def _settle(
        self, reference: Reference, answer: int, timeout_ms: int, frame: _scratch.Scratch
    ) -> int:
        status: int = lib.exchange_settle(
            self._handle.value, reference.value, answer, timeout_ms, frame.handle_at
        )
        return status

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
