"""Payloads of other nodes, brought into the store of this one: once, whoever asks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import ray
from ray.exceptions import GetTimeoutError, RayTaskError

from .._library.abi import logger
from .._library.pin import Pin
from ..errors import DiskFullError, LMDBTimeoutError, MapFullError, TooLargeError
from ._node import Node

# How long is waited between two looks whether who pulls is still there, in milliseconds.
_LOOK_MS = 50
# How often it is told that a pull goes on, in seconds.
_TELL = 5.0


@dataclass(frozen=True)
class PullStatus:
    """A pull that this process waits for.

    Attributes:
        key: the payload's key.
        node_id: the node it comes from, in hexadecimal; of one that is Ray's, where ``from_ref``
            was called.
        nbytes: its size; None when that is not known yet.
        state: ``waiting`` for another process or thread that pulls it, ``pulling``, or ``storing``.
        seconds: how long it has taken so far.
    """

    key: str
    node_id: str
    nbytes: int | None
    state: str
    seconds: float


class Pull:
    """One wait for a payload, with an end in any case."""

    def __init__(
        self, node: Node, key: str, copy_key: str, node_id: str, nbytes: int | None, timeout: float
    ) -> None:
        self._node = node
        self._key = key
        self._copy_key = copy_key
        self._node_id = node_id
        self._nbytes = nbytes
        self._timeout = timeout
        self._began = time.monotonic()
        self._state = "waiting"

    def status(self) -> PullStatus:
        """Where it is."""
        seconds = time.monotonic() - self._began
        return PullStatus(self._key, self._node_id, self._nbytes, self._state, seconds)

    def left(self) -> float:
        """Seconds until it has to end.

        Raises:
            LMDBTimeoutError: there are none.
        """
        left = self._began + self._timeout - time.monotonic()
        if left <= 0:
            raise LMDBTimeoutError(
                f"the payload {self._key!r} of node {self._node_id} did not come to node "
                f"{self._node.node_id} within {self._timeout:g} s (timeout, or pull_timeout of "
                f"configure); it was {self._state}"
            )
        return left

    def run(self, fetch: Callable[[Pull], tuple[int, list[object]]], ttl: float) -> Pin:
        """The payload in the store of this node.

        Args:
            fetch: gets it: the number of its format, and its parts.
            ttl: how long the copy lives, in seconds.

        Raises:
            LMDBTimeoutError: it did not come in time.
            MapFullError: there is no room for it here.
            DiskFullError: likewise.
            Exception: whatever ``fetch`` raises.
        """
        file = self._node.lock_file()
        with _running_lock:
            _running[id(self)] = self
        try:
            while not self._node.try_lock(file, self._copy_key):
                pin = self._wait()
                if pin is not None:
                    return pin
            # Whoever had the lock may have put it just now.
            pin = self._node.look(self._copy_key)
            return pin if pin is not None else self._pull(fetch, ttl)
        finally:
            with _running_lock:
                del _running[id(self)]
            os.close(file)

    def _wait(self) -> Pin | None:
        slice_ms = min(_LOOK_MS, self.left() * 1000)
        try:
            self._node.transport.wait(self._copy_key, slice_ms)
        except LMDBTimeoutError:
            return None
        return self._node.look(self._copy_key)

    def _pull(self, fetch: Callable[[Pull], tuple[int, list[object]]], ttl: float) -> Pin:
        while True:
            self._state = "pulling"
            number, parts = fetch(self)
            self._state = "storing"
            self._node.put_encoded(self._copy_key, number, parts, ttl)
            pin = self._node.look(self._copy_key)
            took = time.monotonic() - self._began
            logger.debug("pulled %s of node %s in %.3f s", self._key, self._node_id, took)
            if pin is not None:
                return pin
            # Evicted, or over its time to live, before anybody looked.
            self.left()

    def get(self, ref: object) -> object:
        """The value of an object of Ray's, in time.

        Raises:
            LMDBTimeoutError: it did not come in time.
            Exception: as ``ray.get`` raises.
        """
        while True:
            try:
                return ray.get(ref, timeout=min(_TELL, self.left()))
            except GetTimeoutError as error:
                if isinstance(error, RayTaskError):
                    # The task behind the object raised it: waiting longer brings nothing.
                    raise
                status = self.status()
                logger.info(
                    "pulling %s (%s bytes) of node %s for %.0f s",
                    status.key,
                    "?" if status.nbytes is None else status.nbytes,
                    status.node_id,
                    status.seconds,
                )


_running: dict[int, Pull] = {}
_running_lock = threading.Lock()


def pulls() -> list[PullStatus]:
    """The pulls that threads of this process wait for, the first to begin first. The logger
    ``core.lmdb`` tells of each that takes over five seconds, at ``INFO``.
    """
    with _running_lock:
        running = list(_running.values())
    return [pull.status() for pull in running]


# A payload that no store can hold, or this one cannot now.
NO_ROOM = (MapFullError, DiskFullError, TooLargeError)
