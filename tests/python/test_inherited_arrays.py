"""Arrays that a forked child inherits go on showing what they showed, whatever the parent lets go of."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import LMDBTransport

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

VALUES = np.arange(20_000.0)


def child(work: Callable[[], None]) -> tuple[int, int]:
    """Forks; the child works when the pipe that is answered tells it to."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(read)
        return pid, write
    code = 1
    try:
        os.close(write)
        os.read(read, 1)
        work()
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr)
    finally:
        os._exit(code)


def finish(pid: int, pipe: int) -> None:
    os.write(pipe, b"g")
    os.close(pipe)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def overwrite(transport: LMDBTransport) -> None:
    """Puts so much that every extent which may be used again is."""
    for index in range(300):
        transport.put("other", np.full(20_000, -1.0 - index), format="numpy")


@pytest.mark.parametrize("kept", [1, 100])
@pytest.mark.parametrize("wanted", ["numpy", "msgpack"])
def test_arrays_in_a_child_outlive_those_of_its_parent(transport: LMDBTransport, wanted: str, kept: int) -> None:
    arrays: list[Any] = []
    for index in range(kept):
        transport.put("key", VALUES + index, format=wanted)
        arrays.append(transport.get("key"))
    transport.delete("key")

    def work() -> None:
        for index, array in enumerate(arrays):
            np.testing.assert_array_equal(array, VALUES + index)

    pid, pipe = child(work)
    arrays = []
    overwrite(transport)
    assert transport.audit()["pins"] == kept
    finish(pid, pipe)
    overwrite(transport)
    transport.sweep()
    assert transport.audit()["pins"] == 0


def test_children_of_children_keep_them_as_well(transport: LMDBTransport) -> None:
    transport.put("key", VALUES, format="numpy")
    arrays = [transport.get("key")]
    transport.delete("key")
    read, write = os.pipe()

    def work() -> None:
        # The child forks and ends before its own child has looked.
        grandchild = os.fork()
        if grandchild == 0:
            os.read(read, 1)
            same = bool((arrays[0] == VALUES).all())
            os.write(answers, b"y" if same else b"n")

    answer, answers = os.pipe()
    pid, pipe = child(work)
    finish(pid, pipe)
    arrays.clear()
    overwrite(transport)
    os.write(write, b"g")
    assert os.read(answer, 1) == b"y"
    for end in (read, write, answer, answers):
        os.close(end)


def test_a_child_with_a_store_of_its_own_hands_on_both(transport: LMDBTransport) -> None:
    transport.put("key", VALUES, format="numpy")
    first = [transport.get("key")]

    def work() -> None:
        second = [transport.get("key")]
        transport.delete("key")

        def look() -> None:
            np.testing.assert_array_equal(first[0], VALUES)
            np.testing.assert_array_equal(second[0], VALUES)

        pid, pipe = child(look)
        second = []
        overwrite(transport)
        finish(pid, pipe)

    pid, pipe = child(work)
    first = []
    finish(pid, pipe)


def test_a_fork_without_arrays_pins_nothing(transport: LMDBTransport) -> None:
    transport.put("key", VALUES, format="numpy")
    pid, pipe = child(lambda: None)
    assert transport.audit()["pins"] == 0
    finish(pid, pipe)
