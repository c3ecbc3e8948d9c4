"""A small DAG: nodes in the order of what they need, each timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any


@dataclass(frozen=True)
class Node:
    """A step of the DAG.

    Attributes:
        name: what the results are known by.
        language: in which its calculation is written.
        run: called with the results of `needs`, in their order.
        needs: names of the nodes whose results it takes.
        carried: how its input comes to it, for people.
    """

    name: str
    language: str
    run: Callable[..., Any]
    needs: tuple[str, ...] = ()
    carried: str = ""


@dataclass
class Run:
    """Results and times of a finished DAG, by node."""

    results: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def run(nodes: Iterable[Node], before: Callable[[Node], None]) -> Run:
    """Runs every node once, after those it needs.

    Args:
        nodes: the DAG, in any order.
        before: called with each node when its turn comes.

    Raises:
        graphlib.CycleError: the nodes need each other in a circle.
    """
    by_name: Mapping[str, Node] = {node.name: node for node in nodes}
    done = Run()
    for name in TopologicalSorter({node.name: node.needs for node in by_name.values()}).static_order():
        node = by_name[name]
        before(node)
        start = time.perf_counter()
        done.results[name] = node.run(*(done.results[need] for need in node.needs))
        done.seconds[name] = time.perf_counter() - start
    return done
