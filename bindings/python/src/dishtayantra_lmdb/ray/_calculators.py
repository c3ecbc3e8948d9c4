"""Calculators of every language as actors of Ray."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ray

from .._exchange.calls import is_awaitable
from .._exchange.config import require_mapping
from .._exchange.wrapper import wrap_with_lmdb
from .._library.types import LMDBExchangeMode
from .._store.reference import is_reference
from ..errors import ConfigError, InvalidArgumentError
from . import _node
from ._options import options
from ._payload import SharedPayload
from ._pulls import NO_ROOM

_BRIDGES = ("jpype", "py4j")
# What is set for every calculator of a node.
_SETTINGS = {"lmdb_enabled": True, "lmdb_exchange_mode": LMDBExchangeMode.REFERENCE.value}


@dataclass(frozen=True)
class JavaClass:
    """A calculator's class in Java; its JVM is started on the node of the actor.

    Attributes:
        name: the class, with a public constructor ``(String, Map)``.
        bridge: ``jpype``: the JVM is in the actor's process; ``py4j``: it is one of its own.
        more: jars and directories of classes beside this project's, as they are on that node.
        options: options of the JVM.
    """

    name: str
    bridge: str = "jpype"
    more: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.bridge not in _BRIDGES:
            allowed = ", ".join(map(repr, _BRIDGES))
            raise ConfigError(f"bridge: {self.bridge!r} is not allowed; allowed: {allowed}")

    def make(self, name: str, config: Mapping[str, Any]) -> Any:
        """The calculator, in this process or beside it.

        Raises:
            JavaError: there is no such class, or its constructor threw.
            ImportError: the bridge's package is not there.
            FileNotFoundError: there are no jars.
        """
        from .. import java

        if self.bridge == "jpype":
            java.start_jvm(self.more, options=self.options)
            return java.JPypeCalculator(self.name, name, config)
        gateway = java.start_gateway(self.more, options=self.options)
        return java.Py4JCalculator(gateway, self.name, name, config)


def remote_calculator(
    calculator: type[Any] | str | JavaClass,
    config: Mapping[str, Any] | None = None,
    name: str = "",
    actor_name: str | None = None,
    **actor_options: Any,
) -> Any:
    """Makes an actor of a calculator, wrapped for the store of the node that the actor is on.

    ``actor.calculate.remote(payload)`` takes a payload, a :class:`SharedPayload`, dicts and lists
    with them inside, or the ``ObjectRef`` of one, so calls chain:
    ``last.calculate.remote(first.calculate.remote(payload))``. The calculator itself gets a
    reference and opens the payload in place, as it does without Ray. Its result is a
    ``SharedPayload``, or the value itself when that is smaller than ``lmdb_min_size``. Several
    payloads are merged, as engines merge what their nodes answer: all are mappings then, and no
    name may be in two of them. ``actor.details.remote()`` tells name, process, node and store.

    Args:
        calculator: a class that is made by ``Class(name, config)``, of Python, pybind11 or PyO3;
            the name of one, ``module.Class``, which only the actor's node needs to have; or a
            :class:`JavaClass`.
        config: its configuration, with the ``lmdb_*`` settings. Mode, path and that the exchange is
            enabled are set here.
        name: its name in keys and logs; default that of the class.
        actor_name: the actor's name to Ray, by which ``ray.get_actor`` finds it; its option
            ``name``. An actor with ``lifetime="detached"`` outlives the program that made it.
        actor_options: the other options of Ray's actors: ``num_cpus``, ``resources``,
            ``lifetime``, ``namespace``, ``max_restarts``, …

    Returns:
        The ``ActorHandle``. What goes wrong when the calculator is made is raised by its calls, as
        ``ActorDiedError``.

    Raises:
        InvalidArgumentError: ``calculator`` is none of these.
        ConfigError: ``config`` sets what is set here to something else.
        ValueError, TypeError: Ray knows no such option, or another actor has that name.
    """
    if config is not None:
        require_mapping(config)
    settings = dict(config or {})
    for key, value in _SETTINGS.items():
        if settings.setdefault(key, value) != value:
            raise ConfigError(
                f"{key}: {settings[key]!r} is not allowed for a remote calculator; allowed is "
                f"{value!r}"
            )
    if settings.get("lmdb_db_path"):
        raise ConfigError(
            f"lmdb_db_path: {settings['lmdb_db_path']!r} is not allowed for a remote calculator; "
            "it uses the store of its node"
        )
    name = name or _name_of(calculator)
    return _ACTOR.options(name=actor_name, **actor_options).remote(calculator, settings, name)


def _name_of(calculator: object) -> str:
    if isinstance(calculator, JavaClass):
        return calculator.name.rpartition(".")[2]
    if isinstance(calculator, str) and calculator.rpartition(".")[0]:
        return calculator.rpartition(".")[2]
    if isinstance(calculator, type):
        return calculator.__name__
    raise InvalidArgumentError(
        f"calculator is {calculator!r}; allowed: a class, the name 'module.Class' or a JavaClass"
    )


def _made(calculator: Any, name: str, config: Mapping[str, Any]) -> Any:
    if isinstance(calculator, JavaClass):
        return calculator.make(name, config)
    if isinstance(calculator, str):
        module, _, attribute = calculator.rpartition(".")
        calculator = getattr(importlib.import_module(module), attribute)
    return calculator(name, dict(config))


class _CalculatorActor:
    """A wrapped calculator in a process of its own."""

    def __init__(self, calculator: Any, config: Mapping[str, Any], name: str) -> None:
        settings = {
            "lmdb_allowed_roots": [options().directory],
            **config,
            "lmdb_db_path": _node.store_path(),
        }
        self._name = name
        self._wrapped = wrap_with_lmdb(_made(calculator, name, settings), settings, name)

    def calculate(self, *payloads: Any) -> Any:
        """The result for a payload, or for several that are merged."""
        if not payloads:
            raise InvalidArgumentError(f"calculate of {self._name!r} is called without a payload")
        payload = payloads[0] if len(payloads) == 1 else _merged(payloads)
        result = self._wrapped.calculate(payload)
        return asyncio.run(_awaited(result)) if is_awaitable(result) else result

    def details(self) -> dict[str, Any]:
        """What there is to know of the calculator and its place."""
        node = _node.current()
        return {
            "name": self._name,
            "pid": os.getpid(),
            "node_id": node.node_id,
            "store": node.path,
            "calls": self._wrapped.get_lmdb_info()["calls"],
        }


async def _awaited(result: Any) -> Any:
    return await result


_ACTOR = ray.remote(_CalculatorActor)


def _here(payload: Any) -> Any:
    """What stands for a payload on this node, or itself where the store has no room."""
    if not isinstance(payload, SharedPayload):
        return payload
    try:
        return payload.reference()
    except NO_ROOM:
        return payload.value()


def _merged(payloads: tuple[Any, ...]) -> dict[Any, Any]:
    """What engines make of several payloads: all their names in one mapping, those of references
    too.
    """
    merged: dict[Any, Any] = {}
    for at, payload in enumerate(payloads):
        part = _here(payload)
        if not isinstance(part, Mapping):
            raise InvalidArgumentError(
                f"payload {at + 1} of {len(payloads)} is of type {type(part).__name__}; several "
                "payloads are merged, and have to be mappings"
            )
        twice = [] if is_reference(part) else sorted(map(str, merged.keys() & part.keys()))
        if twice:
            raise InvalidArgumentError(f"several payloads have the names {twice}")
        merged.update(part)
    return merged
