"""The lives of payloads that this process made: renewed as long as somebody has a handle, and ended
early when Ray says that nobody has.

A handle carries a token, an object of Ray's that this process owns. Ray counts who has it, on every
node.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ray

from .._library.abi import logger
from .._library.fork import generation
from .._store.reference import DB_NAME, INPUT_KEY
from ..errors import LMDBError
from . import _node, _tasks
from ._node import Node

# After so long it is looked once more for copies of what has ended, in seconds: a node that is
# busy may hear of a copy after the last handle is gone.
_LATE = 20.0
# How often at least it is looked for stores that nobody needs, in seconds.
_REAP = 60.0


def _hook() -> Callable[[Any, Callable[[bytes], None]], bool] | None:
    """What has Ray call when nobody has an object any more. Private in Ray 2.60; where it is not
    there, nobody tells, and a payload has one time to live.
    """
    core = getattr(ray._private.worker.global_worker, "core_worker", None)
    hook: Callable[[Any, Callable[[bytes], None]], bool] | None = getattr(
        core, "add_object_out_of_scope_callback", None
    )
    return hook


@dataclass(frozen=True)
class _Lease:
    node: Node
    fields: Mapping[str, Any]
    copy_key: str
    ttl: float
    # Whether there is a payload to renew, beside copies.
    is_own: bool


class Leases:
    """The payloads of this process that others may have handles of."""

    def __init__(self) -> None:
        self._leases: dict[bytes, _Lease] = {}
        # When each is renewed next, the first on top; also of those that have ended.
        self._due: list[tuple[float, bytes]] = []
        # Tokens that nobody has any more. Ray says so in a thread of its own, which must not wait.
        self._over: deque[bytes] = deque()
        # What has ended, and when to look once more for copies of it.
        self._late: deque[tuple[float, _Lease]] = deque()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, node: Node, fields: Mapping[str, Any], copy_key: str, ttl: float) -> Any:
        """Begins to keep a payload alive; returns the token for its handle."""
        token = ray.put(None)
        self._begin(token, _Lease(node, fields, copy_key, ttl, True))
        return token

    def watch(self, node: Node, fields: Mapping[str, Any], ref: Any, ttl: float) -> bool:
        """Has the copies of an object of Ray's deleted when nobody has it any more, if it is this
        process that owns it; else they have their time to live.

        Returns:
            Whether this node is to be told of copies.
        """
        return self._begin(ref, _Lease(node, fields, fields[INPUT_KEY], ttl, False))

    def _begin(self, token: Any, lease: _Lease) -> bool:
        hook, name = _hook(), token.binary()
        if hook is None:
            return False
        if name in self._leases:
            return True
        self._leases[name] = lease
        try:
            is_told = hook(token, self._ended)
        except Exception as error:
            # Ray refuses it to whoever does not own the object.
            logger.debug("Ray tells nobody of the end of %s: %s", lease.copy_key, error)
            is_told = False
        if not is_told:
            self._leases.pop(name, None)
            return False
        self._schedule(name, lease)
        self._start()
        self._wake.set()
        return True

    def has(self, node: Node, key: str) -> bool:
        """Whether this process keeps the payload of a key alive."""
        return any(
            lease.node is node and lease.fields[INPUT_KEY] == key
            for lease in tuple(self._leases.values())
        )

    def _schedule(self, token: bytes, lease: _Lease) -> None:
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + lease.ttl / 3, token))

    def _ended(self, token: bytes) -> None:
        self._over.append(token)
        self._wake.set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="dishtayantra-ray", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        reap_at = time.monotonic() + _REAP
        while True:
            with self._lock:
                first = min(self._due[0][0], reap_at) if self._due else reap_at
            if self._late:
                first = min(self._late[0][0], first)
            self._wake.wait(max(0.0, first - time.monotonic()))
            self._wake.clear()
            try:
                self._end()
                self._renew()
                if time.monotonic() >= reap_at:
                    reap_at = time.monotonic() + _REAP
                    _node.reap()
            except Exception as error:
                # The next round may do better; payloads have their time to live in any case.
                logger.warning("keeping shared payloads alive: %s", error)
                time.sleep(1)

    def _end(self) -> None:
        now, ended = time.monotonic(), []
        while self._late and self._late[0][0] <= now:
            ended.append(self._late.popleft()[1])
        while self._over:
            lease = self._leases.pop(self._over.popleft(), None)
            if lease is not None:
                ended.append(lease)
                self._late.append((now + _LATE, lease))
        self._delete(ended)

    def _delete(self, ended: list[_Lease]) -> None:
        copies: dict[str, list[str]] = {}
        for lease in ended:
            try:
                for node_id in _tasks.delete_here(lease.node, lease.fields):
                    copies.setdefault(node_id, []).append(lease.copy_key)
            except LMDBError as error:
                logger.debug("cannot delete %s: %s", lease.fields[INPUT_KEY], error)
        if ray.is_initialized():
            for node_id, keys in copies.items():
                # Where the node is gone, so is the copy.
                _tasks.drop_copies(node_id, keys)

    def _renew(self) -> None:
        for token in self._are_due():
            lease = self._leases.get(token)
            if lease is None:
                continue
            key, transport = lease.fields[INPUT_KEY], lease.node.transport
            try:
                alive = not lease.is_own or transport.touch(key, lease.ttl, lease.fields[DB_NAME])
                if alive:
                    for name in transport.keys(_tasks.copies_of(key), _node.COPIES):
                        transport.touch(name, lease.ttl, _node.COPIES)
            except LMDBError as error:
                logger.debug("cannot renew %s: %s", key, error)
                alive = False
            if alive:
                self._schedule(token, lease)
            else:
                self._leases.pop(token, None)

    def _are_due(self) -> list[bytes]:
        now, found = time.monotonic(), []
        with self._lock:
            while self._due and self._due[0][0] <= now:
                found.append(heapq.heappop(self._due)[1])
        return found


_leases = Leases()
_generation = generation[0]


def leases() -> Leases:
    """Those of this process."""
    global _leases, _generation
    if _generation != generation[0]:
        # The thread is the parent's.
        _leases, _generation = Leases(), generation[0]
    return _leases
