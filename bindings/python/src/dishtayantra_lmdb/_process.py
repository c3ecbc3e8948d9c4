"""Which process this is: handles made before a fork are of no use in the child."""

from __future__ import annotations

import os
import threading
import weakref

# Its one item grows by one in every forked child; cheaper than asking for the process id. A list,
# so that a finaliser that holds it can still read it while the interpreter ends.
generation = [0]

_locks: weakref.WeakSet[ProcessLock] = weakref.WeakSet()


class ProcessLock:
    """A lock that is free in a forked child, whichever thread held it at the fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Forgets who held it."""
        self._lock = threading.Lock()


def _forked() -> None:
    generation[0] += 1
    for lock in _locks:
        lock.renew()


os.register_at_fork(after_in_child=_forked)
