"""The properties ``lmdb.*`` of a DAG engine, as defaults: read, or warned of and left; never an
error.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

from .abi import logger

_MODULE = "core.properties_configurator"

# What an engine's code fails with; what a signal handler raises meanwhile is none of it.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
# What was warned of already, by property and text.
_warned: set[tuple[str, str]] = set()


def load() -> None:
    """Imports the engine's properties, if it has any."""
    try:
        importlib.import_module(_MODULE)
    except ImportError:
        pass
    except _FAILURES as error:
        _warn(_MODULE, repr(error), "it cannot be imported, so the defaults count")


def text(name: str) -> str:
    """The text of a property without its comment; empty when there is none."""
    return _value(name).strip()


def number(name: str, default: int, least: int, most: int, whole: bool) -> Any:
    """The number in a property, a ``whole`` one perhaps; ``default`` when there is none."""
    found = text(name).partition("#")[0].rstrip()
    if not found:
        return default
    kinds: tuple[Callable[[str], float], ...] = (int,) if whole else (int, float)
    for kind in kinds:
        with contextlib.suppress(ValueError):
            value = kind(found)
            if least <= value <= most:
                return value
    _warn(name, found, f"allowed is a number from {least} to {most}, so {default} counts")
    return default


def _value(name: str) -> str:
    """Only of an engine that has read its properties: the object is the only one of its class, and
    would stay empty if it were made here.
    """
    kind = getattr(sys.modules.get(_MODULE), "PropertiesConfigurator", None)
    if kind is None:
        return ""
    try:
        properties = kind._instance if hasattr(kind, "_instance") else kind()
        found = None if properties is None else properties.get(name)
    except _FAILURES as error:
        _warn(name, repr(error), "it cannot be read, so its default counts")
        return ""
    return "" if found is None else re.split(r"(?:^|\s)#", str(found), maxsplit=1)[0]


def _warn(name: str, found: str, what: str) -> None:
    if (name, found) not in _warned:
        _warned.add((name, found))
        logger.warning("the engine's property %s is %r: %s", name, found, what)
