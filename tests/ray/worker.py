"""What tests have processes on other nodes do."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from contextlib import suppress
from typing import Any

import numpy as np

import dishtayantra_lmdb.ray as shared
from dishtayantra_lmdb import MapFullError, resolve
from dishtayantra_lmdb.ray import _node


class Worker:
    """An actor. It counts its pulls by what the library logs."""

    def __init__(self) -> None:
        self.pulled: list[str] = []
        self.held: Any = None
        logger = logging.getLogger("core.lmdb")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)  # type: ignore[arg-type]

    level = logging.DEBUG

    def handle(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("pulled %s"):
            self.pulled.append(str(record.args[0]))  # type: ignore[index]

    def pid(self) -> int:
        return os.getpid()

    def make(self, items: int = 1 << 17, value: float = 1.5, ttl: float = 300) -> shared.SharedPayload:
        return shared.share(np.full(items, value), ttl=ttl)

    def sum(self, payload: shared.SharedPayload, timeout: float | None = None) -> float:
        return float(payload.value(timeout).sum())

    def sums(self, payload: shared.SharedPayload, threads: int) -> list[float]:
        """The same in many threads at once."""
        found: list[float] = []
        start = threading.Barrier(threads)

        def one() -> None:
            start.wait(60)
            found.append(self.sum(payload))

        running = [threading.Thread(target=one) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(60)
        return found

    def fill(self) -> None:
        """Puts payloads into the store of this node until nothing fits any more."""
        transport = _node.current().transport
        for size in (16 << 20, 1 << 20, 1 << 16, 1 << 12, 1 << 8):
            with suppress(MapFullError):
                for at in itertools.count():
                    transport.put(f"{size}:{at}", bytes(size), format="raw", ttl=0)

    def hold(self, payload: shared.SharedPayload) -> float:
        self.held = payload.value()
        return float(self.held.sum())

    def held_sum(self) -> float:
        return float(self.held.sum())

    def keep(self, *things: Any) -> None:
        self.held = things

    def pulls(self) -> list[shared.PullStatus]:
        return shared.pulls()

    def pull_count(self, key: str | None = None) -> int:
        return len([one for one in self.pulled if key in (None, one)])

    def store(self) -> str:
        return shared.store_path()

    def entry(self, reference: dict[str, Any]) -> float:
        """What a reference leads to, by the library alone."""
        return float(resolve(reference).sum())

    def call(self, function: Any, *arguments: Any) -> Any:
        """What a function returns here."""
        return function(*arguments)
