"""Waiting in the library without making Python deaf to signals."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from .._library.abi import TIMEOUT, fail

# Python runs signal handlers in the main thread between two calls only.
_SLICE_MS = 500
# What the C ABI can say.
_LONGEST_MS = 2**63 - 1


def wait_in_slices(timeout_ms: float | None, wait: Callable[[int], int]) -> bool:
    """Calls ``wait`` with a number of milliseconds until it answers OK or the time is over.

    Args:
        timeout_ms: how long to wait at most, rounded up; None: for ever.
        wait: waits for at most that many milliseconds (for ever when negative) and returns a
            status.

    Returns:
        False when the time is over.

    Raises:
        LMDBError: ``wait`` answered another status than OK and TIMEOUT.
    """
    sliced = threading.current_thread() is threading.main_thread()
    deadline = (
        None
        if timeout_ms is None
        else time.monotonic_ns() + max(0, min(math.ceil(timeout_ms), _LONGEST_MS)) * 1_000_000
    )
    while True:
        left = -1 if deadline is None else max(0, -(-(deadline - time.monotonic_ns()) // 1_000_000))
        status = wait(
            min(left, _SLICE_MS) if sliced and left >= 0 else _SLICE_MS if sliced else left
        )
        if status == 0:
            return True
        if status != TIMEOUT:
            fail(status)
        if deadline is not None and time.monotonic_ns() >= deadline:
            return False
