"""What the tests start is started again when Ray gives up on it, once."""

from __future__ import annotations

import subprocess

import pytest
from clusters import started

LATE = "The current node timed out during startup. This could happen because some of the raylet failed to startup."


class Starts:
    """Fails as often as it is told to, with a process left."""

    def __init__(self, failures: int, why: str) -> None:
        self.failures, self.why = failures, why
        self.left: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> str:
        if len(self.left) == self.failures:
            return "a node"
        self.left.append(subprocess.Popen(["sleep", "600"]))
        raise Exception(self.why)

    def end(self) -> None:
        for process in self.left:
            process.kill()
            process.wait(60)


def test_a_node_that_is_late_is_started_once_more() -> None:
    start = Starts(1, LATE)
    try:
        with pytest.warns(UserWarning, match=r"node x did not start, at a load of \d+, .* again: .*startup"):
            assert started("node x", start) == "a node"
        assert start.left[0].wait(60) == -9
    finally:
        start.end()


@pytest.mark.filterwarnings("ignore:node x did not start")
@pytest.mark.parametrize(("failures", "why", "tries"), [(2, LATE, 2), (1, "no such address", 1)])
def test_no_other_failure_is_hidden(failures: int, why: str, tries: int) -> None:
    start = Starts(failures, why)
    try:
        with pytest.raises(Exception, match=why[:15]):
            started("node x", start)
        assert len(start.left) == tries
    finally:
        start.end()
