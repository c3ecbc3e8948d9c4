"""Calls a native again, with the payload itself, when it ignored the reference that an engine's
wrapper gave it: the engine has stored the input as seen by then, and would not come again.

Engines wrap their natives in classes that run the exchange. While :func:`enable` holds, the public
methods of these classes are replaced by ones that repeat a call which failed because of a reference
that nobody opened. An engine without such modules is left as it is.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import FunctionType
from typing import Any, Protocol

from .._library.pin import Pin
from .._payload import formats
from .._store.resolve import resolve
from ..errors import LMDBReferenceIgnored

_ENGINE = "core"
_MODULES = tuple(
    f"{_ENGINE}.calculator.{language}_calculator" for language in ("cpp", "rust", "java")
)

# What natives fail with on a dict that is not the one they expect, in Java too; and our word that
# one has not even failed.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LMDBReferenceIgnored,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)

_lock = threading.Lock()
_enabled = False
# Classes with the methods that were replaced: name, what was there, what is there now.
_replaced: dict[type, list[tuple[str, Any, Any]]] = {}


class Exchange(Protocol):
    """What put an input that a call's native may ignore."""

    def judge_unopened(self, call: Call, txn_id: str) -> None:
        """Tells ``call`` whether nobody opened the input."""


class Call:
    """A call of an engine's wrapper, and what its exchange has found out during it."""

    __slots__ = ("directly", "ignoring", "owner", "put")

    def __init__(self, owner: object) -> None:
        self.owner: object = owner
        # Exchanges whose inputs are put and not judged yet, by id.
        self.put: dict[str, Exchange] = {}
        # Whose input nobody opened.
        self.ignoring: Exchange | None = None
        # Who passes directly, since the call is repeated.
        self.directly: Exchange | None = None

    def is_ignored(self) -> bool:
        """Whether the wrapper's own input was left unopened."""
        for txn_id, exchange in list(self.put.items()):
            exchange.judge_unopened(self, txn_id)
        return self.ignoring is not None

    def repeats(self) -> None:
        """Begins again, directly."""
        self.directly, self.ignoring = self.ignoring, None


_current: ContextVar[Call | None] = ContextVar("dishtayantra_lmdb_call", default=None)


def current() -> Call | None:
    """The call that runs in this context."""
    return _current.get()


def is_engine(depth: int) -> bool:
    """Whether the function ``depth`` above the caller is the engine's: what a native does with
    exchanges of its own is no reason to call it again.
    """
    name = sys._getframe(depth + 1).f_globals.get("__name__") or ""
    return str(name).partition(".")[0] == _ENGINE


def enable() -> None:
    """Replaces the methods of the wrappers that are imported, now and whenever an exchange is made:
    a wrapper makes its own before it calls a native.
    """
    global _enabled
    _enabled = True
    watch()


def disable() -> None:
    """Puts back what was replaced."""
    global _enabled
    with _lock:
        _enabled = False
        for kind, methods in _replaced.items():
            for name, before, ours in methods:
                if kind.__dict__.get(name) is ours:
                    setattr(kind, name, before)
        _replaced.clear()


def watch() -> None:
    """Looks for wrappers that were imported meanwhile."""
    if not _enabled:
        return
    for name in _MODULES:
        module = sys.modules.get(name)
        for kind in list(vars(module).values()) if module is not None else ():
            if isinstance(kind, type) and kind.__module__ == name:
                for base in kind.__mro__:
                    if base.__module__.partition(".")[0] == _ENGINE:
                        _replace(base)


def _replace(kind: type) -> None:
    with _lock:
        if not _enabled or kind in _replaced:
            return
        methods = []
        for name, before in list(vars(kind).items()):
            if isinstance(before, FunctionType) and not name.startswith("_"):
                ours = _repeating(before)
                setattr(kind, name, ours)
                methods.append((name, before, ours))
        _replaced[kind] = methods


def _repeating(method: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def awaited(self: Any, *arguments: Any, **options: Any) -> Any:
            call = _begin(self)
            if call is None:
                return await method(self, *arguments, **options)
            arguments, options = _resolved(arguments, options)
            token = _current.set(call)
            try:
                try:
                    return await method(self, *arguments, **options)
                except Exception as error:
                    _or_raise(call, error)
                call.repeats()
                return await method(self, *arguments, **options)
            finally:
                _current.reset(token)

        return awaited

    @functools.wraps(method)
    def called(self: Any, *arguments: Any, **options: Any) -> Any:
        call = _begin(self)
        if call is None:
            return method(self, *arguments, **options)
        arguments, options = _resolved(arguments, options)
        token = _current.set(call)
        try:
            try:
                return method(self, *arguments, **options)
            except Exception as error:
                _or_raise(call, error)
            call.repeats()
            return method(self, *arguments, **options)
        finally:
            _current.reset(token)

    return called


def _begin(owner: object) -> Call | None:
    """The call that begins; None when a method of the same wrapper calls this one."""
    call = _current.get()
    return None if call is not None and call.owner is owner else Call(owner)


def _resolved(
    arguments: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The payloads in place of references that parents gave: nothing tells whether a native that
    gets them as they are knows what they are.
    """
    return (
        tuple(resolve(value, _decoded) for value in arguments),
        {name: resolve(value, _decoded) for name, value in options.items()},
    )


def _decoded(pin: Pin) -> Any:
    return formats.decode(pin, False)


def _or_raise(call: Call, error: Exception) -> None:
    """Returns when the call is to be repeated: never for what a signal handler raised, or a
    connection that broke, which say nothing of references.
    """
    of_native = isinstance(error, _FAILURES) or type(error).__module__.startswith("py4j.")
    if not of_native or not call.is_ignored():
        raise error
