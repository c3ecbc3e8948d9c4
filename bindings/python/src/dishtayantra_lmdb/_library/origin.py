"""Where an exception comes from: from what was called, or from whoever interrupted it."""

from __future__ import annotations

import functools
import inspect
import os
import signal
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from ..errors import LMDBError

# What encoders, and the methods of somebody else's class, raise about a value.
ORDINARY = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
_PACKAGE = __name__.partition(".")[0]
_HERE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")


def is_about_a_value(error: BaseException) -> bool:
    """Whether ``error`` says that a value, or somebody else's class, is at fault: not that memory
    or the stack ran out, and not what a signal's handler raised meanwhile.
    """
    return (
        isinstance(error, ORDINARY)
        and not isinstance(error, RecursionError)
        and not _is_interruption(error)
    )


def is_of_its_class(error: Exception) -> bool:
    """Whether a method of somebody else's class raised ``error`` for reasons of its own: whatever
    it is, but for memory or a stack that ran out, and what a signal's handler raised meanwhile.
    """
    return not isinstance(error, (MemoryError, RecursionError)) and not _is_interruption(error)


def is_ours(error: BaseException) -> bool:
    """Whether ``error`` is a failure of the exchange: of the store, or of a value that it cannot
    take. Anything else is the caller's to hear of.
    """
    return isinstance(error, LMDBError) or is_about_a_value(error)


def is_apart_from_the_input(error: BaseException) -> bool:
    """Whether a calculator failed for a reason that has nothing to do with what it got: a
    connection broke, memory or the stack ran out, or somebody interrupted it or us around it.
    """
    return (
        isinstance(error, (ConnectionError, MemoryError, RecursionError))
        or _is_interruption(error)
        or any(_came_between(frame, called) for frame, called in _calls(error))
    )


def _calls(error: BaseException) -> Iterator[tuple[FrameType, CodeType]]:
    """The frames that ``error`` went through, outermost first, each with the code it had called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        yield trace.tb_frame, trace.tb_next.tb_frame.f_code
        trace = trace.tb_next


def _is_interruption(error: BaseException) -> bool:
    """Whether a signal's handler raised it."""
    if error.__traceback__ is None or error.__traceback__.tb_next is None:
        return False
    handlers = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()}
    return any(called in handlers for _, called in _calls(error))


def _came_between(frame: FrameType, called: CodeType) -> bool:
    """Whether a frame of this package was left for code that it had not called. It calls a
    calculator by the name ``calculate``.
    """
    name: str = frame.f_globals.get("__name__", "")
    if name.partition(".")[0] != _PACKAGE or called.co_filename.startswith(_HERE):
        return False
    if frame.f_code.co_flags & inspect.CO_COROUTINE:
        # What it awaits may be anybody's.
        return False
    calculator = frame.f_locals.get("calculate")
    code = _code_of(calculator)
    return calculator is None or (code is not None and code is not called)


def _code_of(function: Any) -> CodeType | None:
    """The Python code that a call of ``function`` runs; None when that is not known."""
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(function, "__code__"):
        bound = getattr(function, "__func__", None)
        function = bound or inspect.getattr_static(type(function), "__call__", None)
    return getattr(function, "__code__", None)
