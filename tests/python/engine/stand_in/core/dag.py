"""A graph of calculators: nodes with parents, which merge their results, and sinks, which get results as they are."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any


class Node:
    """A calculator with parents. It takes an input that it has seen for no news, and has seen it once it was stored,
    whatever the calculator does then.
    """

    def __init__(self, name: str, calculator: Any, parents: tuple[Node, ...] = (), merge: str = "update") -> None:
        self.name = name
        self.calculator = calculator
        self.parents = parents
        self.merge = merge
        self.input: Any = None
        self.output: Any = None
        self.calculations = 0

    def merged(self, message: Any) -> Any:
        """``update``: the parents' results joined, beside the fields of the message; ``pname``: each under its
        parent's name.
        """
        if not self.parents:
            return message
        joined: dict[str, Any] = dict(message or {})
        for parent in self.parents:
            if self.merge == "pname":
                joined[parent.name] = parent.output
            else:
                joined.update(parent.output)
        return joined

    def compute(self, message: Any = None) -> bool:
        """Whether there was news."""
        given = self.merged(message)
        if self.input is not None and given == self.input:
            return False
        self.input = copy.deepcopy(given)
        self.calculations += 1
        result = self.calculator.calculate(given)
        if self.output is not None and result == self.output:
            return False
        self.output = result
        return True


def publish(result: Any) -> Any:
    """A publisher: JSON text to its subscribers, who get it back."""
    return json.loads(json.dumps(result))


def write_ahead(result: Any) -> Any:
    """A write-ahead log, read again."""
    return pickle.loads(pickle.dumps(result))


def record(result: Any) -> Any:
    """A recorder keeps a copy that nobody changes."""
    return copy.deepcopy(result)


def show(result: Any) -> Any:
    """A status page: a copy with more in it, which is then taken out."""
    shown = result.copy()
    shown.update({"_shown": True})
    del shown["_shown"]
    return shown


SINKS: dict[str, Callable[[Any], Any]] = {
    "publisher": publish,
    "write-ahead log": write_ahead,
    "recorder": record,
    "status page": show,
}
