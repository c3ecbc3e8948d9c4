"""The lives of payloads that this process made: renewed as long as somebody has a handle, and ended
early when Ray says that nobody has.

A handle carries a token, an object of Ray's that this process owns. Ray counts who has it, on every
node.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ray

from .._library.abi import logger
from .._library.fork import generation
from .._store.reference import DB_NAME, INPUT_KEY
from ..errors import LMDBError
from . import _node, _tasks
from ._node import Node

# How often at least it is looked for stores that nobody needs, in seconds.
_REAP = 60.0


@dataclass
class _Lease:
    node: Node
    fields: Mapping[str, Any]
    copy_key: str
    ttl: float
    due: float
    # Whether there is a payload to renew, beside copies.
    is_own: bool


class Leases:
    """The payloads of this process that others may have handles of."""

    def __init__(self) -> None:
        self._leases: dict[bytes, _Lease] = {}
        # Tokens that nobody has any more. Ray says so in a thread of its own, which must not wait.
        self._over: deque[bytes] = deque()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, node: Node, fields: Mapping[str, Any], copy_key: str, ttl: float) -> Any:
        """Begins to keep a payload alive; returns the token for its handle."""
        token = ray.put(None)
        self._begin(token, _Lease(node, fields, copy_key, ttl, time.monotonic() + ttl / 3, True))
        return token

    def watch(self, node: Node, fields: Mapping[str, Any], ref: Any, ttl: float) -> bool:
        """Has the copies of an object of Ray's deleted when nobody has it any more, if it is this
        process that owns it; else they have their time to live.

        Returns:
            Whether this node is to be told of copies.
        """
        key = fields[INPUT_KEY]
        return self._begin(ref, _Lease(node, fields, key, ttl, time.monotonic() + ttl / 3, False))

    def _begin(self, token: Any, lease: _Lease) -> bool:
        # Private in Ray 2.60. Without it nobody tells when the last handle is gone, so that the
        # payload has one time to live.
        core = getattr(ray._private.worker.global_worker, "core_worker", None)
        register = getattr(core, "add_object_out_of_scope_callback", None)
        name = token.binary()
        if register is None:
            return False
        if name in self._leases:
            return True
        self._leases[name] = lease
        try:
            registered = register(token, self._ended)
        except Exception as error:
            logger.debug("Ray tells nobody of the end of %s: %s", lease.copy_key, error)
            registered = False
        if registered:
            self._start()
            self._wake.set()
        else:
            del self._leases[name]
        return bool(registered)

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
        reaped = time.monotonic()
        while True:
            due = min((lease.due for lease in list(self._leases.values())), default=reaped + _REAP)
            self._wake.wait(max(0.0, min(due, reaped + _REAP) - time.monotonic()))
            self._wake.clear()
            try:
                self._end()
                self._renew()
                if time.monotonic() >= reaped + _REAP:
                    reaped = time.monotonic()
                    _node.reap()
            except Exception as error:
                # The next round may do better; payloads have their time to live in any case.
                logger.warning("keeping shared payloads alive: %s", error)
                time.sleep(1)

    def _end(self) -> None:
        copies: dict[str, list[str]] = {}
        while self._over:
            lease = self._leases.pop(self._over.popleft(), None)
            if lease is None:
                continue
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
        now = time.monotonic()
        for token, lease in list(self._leases.items()):
            if lease.due > now:
                continue
            lease.due = now + lease.ttl / 3
            key, transport = lease.fields[INPUT_KEY], lease.node.transport
            try:
                alive = not lease.is_own or transport.touch(key, lease.ttl, lease.fields[DB_NAME])
                if alive:
                    for name in transport.keys(_tasks.copies_of(key), _node.COPIES):
                        transport.touch(name, lease.ttl, _node.COPIES)
            except LMDBError as error:
                logger.debug("cannot renew %s: %s", key, error)
                alive = False
            if not alive:
                self._leases.pop(token, None)


_leases = Leases()
_generation = generation[0]


def leases() -> Leases:
    """Those of this process."""
    global _leases, _generation
    if _generation != generation[0]:
        # The thread is the parent's.
        _leases, _generation = Leases(), generation[0]
    return _leases
