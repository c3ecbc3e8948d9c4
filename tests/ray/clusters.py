"""Clusters of several nodes on this machine, and what tests do with processes of theirs."""

from __future__ import annotations

import gc
import os
import re
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.cluster_utils import Cluster

from dishtayantra_lmdb import LMDBTransport

# What no test waits longer for than this, in seconds.
PATIENCE = 60
MAP_SIZE = 256 << 20
OBJECTS = 160 << 20


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What ``condition`` says as soon as it is true."""
    end = time.monotonic() + patience
    while True:
        said = condition()
        if said:
            return said
        assert time.monotonic() < end, f"it did not come true within {patience} s"
        time.sleep(0.02)


_Node = TypeVar("_Node")


def started(what: str, start: Callable[[], _Node]) -> _Node:
    """What ``start`` returns, which starts a node of Ray.

    A node gives up when its own agent takes longer to come than Ray waits, which happens where the machine is busy with
    other things: it is started once more then, and a warning of the run says so.
    """
    before = _children()
    try:
        return start()
    except Exception as error:
        if not re.search("timed out", str(error), re.IGNORECASE):
            raise
        load = os.getloadavg()[0]
        warnings.warn(f"{what} did not start, at a load of {load:.0f}, and is started again: {error}", stacklevel=2)
    # What is left of it.
    for pid in _children() - before:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return start()


def _children() -> set[int]:
    """The processes that this one has started."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        # A thread may have ended meanwhile.
        with suppress(OSError):
            found |= set(map(int, file.read_text().split()))
    return found


class Nodes:
    """A cluster whose first node has this process on it, resource ``a``; others are added by name."""

    def __init__(self) -> None:
        head = self._arguments("a")
        self.cluster = started("node a", lambda: Cluster(initialize_head=True, head_node_args=head))
        self.nodes: dict[str, Any] = {"a": self.cluster.head_node}
        ray.init(address=self.cluster.address, log_to_driver=False)

    @staticmethod
    def _arguments(name: str) -> dict[str, Any]:
        return {
            "num_cpus": 1,
            "object_store_memory": OBJECTS,
            "resources": {name: 100},
            "include_dashboard": False,
        }

    def add(self, name: str) -> None:
        self.nodes[name] = started(f"node {name}", lambda: self.cluster.add_node(**self._arguments(name)))

    def have(self, name: str) -> None:
        """Adds a node that a test is to remove, unless another test has left it."""
        if name not in self.nodes:
            self.add(name)

    def remove(self, name: str) -> None:
        self.cluster.remove_node(self.nodes.pop(name))

    def id(self, name: str) -> str:
        return str(self.nodes[name].node_id)

    def raylet(self, name: str) -> int:
        """The process that is the node to the cluster; workers are its children."""
        return int(self.nodes[name].all_processes["raylet"][0].process.pid)

    def worker(self, name: str, **options: Any) -> Any:
        """An actor on a node, several of whose methods may run at once."""
        from worker import Worker

        options = {"num_cpus": 0, "max_concurrency": 16, **options}
        return ray.remote(Worker).options(resources={name: 1}, **options).remote()

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """The node's raylet answers nothing meanwhile, as one whose machine is overloaded."""
        pid = self.raylet(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stores(self, name: str | None = None) -> Iterator[LMDBTransport]:
        """The stores that there are of a node or of all, which any process of the machine can open."""
        for node_id in [self.id(name)] if name else [node.node_id for node in self.nodes.values()]:
            for store in Path(os.environ["DISHTAYANTRA_RAY_DIRECTORY"]).glob(f"*-{node_id}/store"):
                with LMDBTransport(str(store)) as transport:
                    yield transport

    def keys(self, name: str | None = None) -> list[str]:
        """What is in the store of a node or in all of them, which are checked."""
        found = []
        for transport in self.stores(name):
            transport.sweep()
            assert transport.audit()["faults"] == []
            for database in transport.stats()["databases"]:
                found += transport.keys(db_name=database)
        return found

    def clear(self) -> None:
        """Deletes what producers left that ended before their payloads."""
        for transport in self.stores():
            for database in transport.stats()["databases"]:
                for key in transport.keys(db_name=database):
                    transport.delete(key, database)

    def empties(self) -> None:
        """The stores become empty, soon after the last handle is gone, and nothing in them is wrong."""
        end = time.monotonic() + PATIENCE
        while found := self.keys():
            assert time.monotonic() < end, f"there are yet {found}"
            gc.collect()
            time.sleep(0.02)

    def end(self) -> None:
        ray.shutdown()
        self.cluster.shutdown()


def get(ref: Any) -> Any:
    """What a call returned, or its failure; a call that hangs fails the test."""
    return ray.get(ref, timeout=PATIENCE)
