"""The base of calculators in Python: what they compute on lies in place, and where the result goes
is not their business.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .._library.abi import version
from .._payload.formats import decode
from .._store.reference import INPUT_KEY, OUTPUT_KEY, OUTPUT_WRITTEN, stripped
from .._store.resolve import holds_references, is_single, resolve
from .calls import is_awaitable
from .mixin import LMDBCalculatorMixin


class Calculator(LMDBCalculatorMixin):
    """A calculator in Python as engines call one: ``Class(name, config)`` with ``calculate`` and
    ``details``. A subclass has ``compute``, which may be asynchronous.

    >>> class Mean(Calculator):
    ...     def compute(self, data):
    ...         return {"mean": sum(data["values"]) / len(data["values"])}
    >>> Mean("mean").calculate({"values": [1.0, 2.0]})
    {'mean': 1.5}

    ``calculate`` answers payloads, references to them and what engines make of several references,
    and puts the result where an output key asks for it.

    Attributes:
        name: as it was given.
        config: a copy of the configuration.
    """

    def __init__(self, name: str = "", config: Mapping[str, Any] | None = None) -> None:
        self.name: str = name or type(self).__name__
        self.config: dict[str, Any] = dict(config or {})

    def compute(self, data: Any) -> Any:
        """The result for a payload. Called by any thread that calls ``calculate``.

        Args:
            data: the payload. Arrays and tables in it may lie in the store, and are read-only then.
        """
        raise NotImplementedError(f"{type(self).__qualname__} has no compute(self, data)")

    def calculate(self, data: Any) -> Any:
        """The result for a payload or what stands for one.

        Returns:
            The result, or ``{"_lmdb_output_written": True}`` when it is in the store; an awaitable
            that gives it when ``compute`` is asynchronous.

        Raises:
            EntryNotFoundError: the payload of a reference is missing or expired.
            LMDBError: another of its kinds says what is wrong with a reference.
            Exception: whatever ``compute`` raises.
        """
        result = self.compute(self._payload(data))
        return self._later(data, result) if is_awaitable(result) else self._answer(data, result)

    def details(self) -> dict[str, Any]:
        """Name, class, language and the version of the library."""
        return {
            "name": self.name,
            "type": type(self).__name__,
            "language": "Python",
            "library_version": version(),
        }

    def _payload(self, data: Any) -> Any:
        if is_single(data) and isinstance(data.get(INPUT_KEY), str):
            return self.lmdb_read_input()
        if holds_references(data):
            return resolve(data, lambda pin: decode(pin, False))
        return stripped(data) if _asks_for_output(data) else data

    def _answer(self, data: Any, result: Any) -> Any:
        if _asks_for_output(data) and self.lmdb_write_output(result) is not None:
            return {OUTPUT_WRITTEN: True}
        return result

    async def _later(self, data: Any, pending: Any) -> Any:
        return self._answer(data, await pending)


def _asks_for_output(data: Any) -> bool:
    return isinstance(data, Mapping) and data.get(OUTPUT_KEY) is not None


def calculator(function: Callable[..., Any]) -> type[Calculator]:
    """Makes a :class:`Calculator` class of a function, ``async`` or not.

    >>> @calculator
    ... def Scale(data, config):
    ...     return {"values": [config["factor"] * value for value in data["values"]]}
    >>> Scale("twice", {"factor": 2}).calculate({"values": [1, 2]})
    {'values': [2, 4]}

    Args:
        function: the result for a payload, or for a payload and the configuration.

    Returns:
        A class of the function's name, made from a name and a configuration.
    """
    wants_config = _takes_two(function)

    def compute(self: Calculator, data: Any) -> Any:
        return function(data, self.config) if wants_config else function(data)

    names = {"compute": compute, "__doc__": function.__doc__}
    made = type(function.__name__, (Calculator,), names)
    made.__module__, made.__qualname__ = function.__module__, function.__qualname__
    return made


def _takes_two(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    needed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(needed) not in (1, 2):
        raise TypeError(
            f"a calculator's function takes the payload, or the payload and the configuration; "
            f"{function.__qualname__} takes {len(needed)} arguments"
        )
    return len(needed) == 2
