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
    """A lock that is free in a forked child, whichever thread held it at the fork: ``with x.lock``.

    Not to be entered by itself: what a signal's handler raises inside a method of Python's that
    enters or leaves would leave it held for ever.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        _locks.add(self)

    def renew(self) -> None:
        """Forgets who held it."""
        self.lock = threading.Lock()


def _forked() -> None:
    generation[0] += 1
    for lock in _locks:
        lock.renew()


os.register_at_fork(after_in_child=_forked)
