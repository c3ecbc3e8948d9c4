"""Why a payload cannot be stored, and where in it the fault is; which errors are a payload's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgpack

from ..errors import FormatError

# Arrays and maps inside one another that every reader goes into.
DEEPEST = 512
# Steps of a longer path are left out in its middle.
_FIRST_STEPS, _LAST_STEPS = 8, 4
_LONGEST_STEP = 80

# Where payloads are packed and parsed; "importlib" imports what does it.
_HOMES = frozenset(
    (
        *("dishtayantra_lmdb", "msgpack", "numpy", "pyarrow", "pandas", "polars"),
        *("_collections_abc", "_pydatetime", "_pydecimal", "abc", "ast", "codecs", "collections"),
        *("contextlib", "datetime", "decimal", "encodings", "functools", "importlib", "json"),
        *("struct", "uuid", "warnings", "zoneinfo"),
    )
)
_RAISED = frozenset(
    (
        *(ArithmeticError, AttributeError, BufferError, EOFError, IndexError, KeyError, OSError),
        *(NotImplementedError, OverflowError, RuntimeError, SyntaxError, TypeError, ValueError),
        *(UnicodeDecodeError, UnicodeEncodeError, ZeroDivisionError),
    )
)


def is_fault(error: Exception, *owners: type) -> bool:
    """Whether ``error`` says what is wrong with a payload, and is not what a signal handler raised
    meanwhile, or that memory or the stack ran out.

    Both can be of any class and at any line. A payload's errors are of the classes that packers and
    parsers raise, and nobody else's code was running.

    Args:
        error: just caught.
        owners: classes of the caller's whose code was called on purpose.
    """
    homes = _HOMES.union(_root(owner.__module__) for owner in owners) if owners else _HOMES
    kind = type(error)
    if isinstance(error, MemoryError) or (
        kind not in _RAISED and _root(kind.__module__) not in homes
    ):
        return False
    trace = error.__traceback__
    while trace is not None:
        if _root(trace.tb_frame.f_globals.get("__name__")) not in homes:
            return False
        trace = trace.tb_next
    return True


def _root(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


Complaint = Callable[[Any], "str | None"]


def explained(
    value: Any, error: Exception, complaint: Complaint, exact: bool = False
) -> FormatError:
    """The error of a pack that failed, naming the path of what cannot be stored.

    Args:
        value: the payload.
        error: what the packer said.
        complaint: what is wrong with an item that holds no others.
        exact: what derives from a list or dict is wrong itself.
    """
    for path, item, reason in _faults(value, complaint, exact):
        return _fault(path, item, reason)
    return FormatError(f"cannot store the payload: {error}")


def at_the_top(value: Any, error: FormatError) -> FormatError:
    """The error of a payload that cannot be stored as a whole."""
    return _fault([], value, error)


def _fault(path: list[str], item: Any, reason: object) -> FormatError:
    return FormatError(f"cannot store {type_name(item)} at {_where(path)}: {reason}")


def _where(path: list[str]) -> str:
    if not path:
        return "the top of the payload"
    if len(path) <= _FIRST_STEPS + _LAST_STEPS:
        return ".".join(path)
    return f"{'.'.join(path[:_FIRST_STEPS])} ... {'.'.join(path[-_LAST_STEPS:])}"


def _step(key: object) -> str:
    """A key as a step of a path that every log can show."""
    # Of somebody else's class only the name: its code may do anything.
    text = str(key) if type(key) in _SHOWN else type_name(key)
    if len(text) > _LONGEST_STEP:
        text = f"{text[: _LONGEST_STEP - 3]}..."
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_SHOWN = (str, int, float, bool, bytes, type(None))


_HOLDERS = frozenset((dict, list, tuple, set, frozenset))


def _faults(value: Any, complaint: Complaint, exact: bool) -> Iterator[tuple[list[str], Any, str]]:
    """Walks the payload and tells what cannot be stored, and where."""
    # Entries: what to look at, how many arrays and maps it is in, or a container to leave.
    pending: list[tuple[Any, list[str], int, bool]] = [(value, [], 0, False)]
    above: set[int] = set()
    while pending:
        item, path, depth, leave = pending.pop()
        if leave:
            above.discard(id(item))
            continue
        children: list[tuple[Any, str]] | None = None
        if isinstance(item, msgpack.ExtType) or (exact and type(item) not in _HOLDERS):
            pass
        elif isinstance(item, Mapping):
            yield from (([*path, *step], key, why) for key, step, why in _bad_keys(item, complaint))
            children = [(child, _step(key)) for key, child in item.items()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            if not isinstance(item, list):
                why = complaint(() if isinstance(item, tuple) else frozenset())
                if why is not None:
                    yield path, item, why
            children = [(child, str(index)) for index, child in enumerate(item)]
        if children is None:
            why = complaint(item)
            if why is not None:
                yield path, item, why
            continue
        if id(item) in above:
            yield path, item, "it contains itself"
            continue
        if depth >= DEEPEST and children:
            yield path, item, f"it is nested deeper than {DEEPEST} levels"
            return
        above.add(id(item))
        pending.append((item, path, depth, True))
        pending.extend(
            (child, [*path, name], depth + 1, False) for child, name in reversed(children)
        )


def _bad_keys(
    mapping: Mapping[Any, Any], complaint: Complaint
) -> Iterator[tuple[Any, list[str], str]]:
    """The keys that cannot be stored, each with the step to it if it is a text."""
    for key in mapping:
        why = complaint(key)
        if why is not None:
            yield key, [_step(key)] if isinstance(key, str) else [], f"as a key: {why}"


def type_name(value: Any) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
