"""Makes ``from core.lmdb import …``, as DAG engines have it in their code, give this package.

>>> from dishtayantra_lmdb import compat
>>> compat.install()
>>> from core.lmdb import LMDBTransport
>>> from core.lmdb.lmdb_types import DataFormat

Call :func:`install` at start-up, before the first such import. The distribution
``dishtayantra-lmdb-engine`` does it for every interpreter of an environment.

``core.lmdb`` and its submodules are then the very modules of this package, also where the engine
has a ``core/lmdb`` of its own. Everything else in ``core`` stays the engine's. Where there is no
package ``core``, an empty one is provided; it turns into the engine's as soon as that can be
imported.

A native that ignores references costs such an engine nothing: the methods of its wrappers of
natives (``core.calculator.{cpp,rust,java}_calculator``) repeat a call, with the payload itself,
whose reference nobody opened. The engine has stored the input as seen by then and would not call
again.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import InspectLoader, Loader
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

from ._exchange import retry
from ._library.abi import logger

__all__ = ["finder", "install", "uninstall"]

_PACKAGE = __name__.rpartition(".")[0]
_PARENT = "core"
_CHILD = "lmdb"
_ALIAS = f"{_PARENT}.{_CHILD}"

# A thread that holds an import lock which the engine's own core/__init__ needs would otherwise wait
# for that for ever.
_PATIENCE_S = 2.0

_lock = threading.RLock()
# What the engine had imported as core.lmdb before install.
_replaced: dict[str, ModuleType] = {}


def install() -> None:
    """Has ``core.lmdb`` mean this package, from now on and in this process.

    An engine's own ``core.lmdb`` that was imported before is replaced, which is logged as a
    warning: names that were taken from it keep what they are. A second call changes nothing, except
    that the finder comes first in ``sys.meta_path`` again. Any thread may call it.
    """
    with _lock:
        first = sys.meta_path[0] if sys.meta_path else None
        if getattr(first, "provides_core_lmdb", False):
            # In place: an import in another thread that walks the list passes over nobody.
            sys.meta_path[0] = finder
        else:
            sys.meta_path.insert(0, finder)
        for place in range(len(sys.meta_path) - 1, 0, -1):
            if getattr(sys.meta_path[place], "provides_core_lmdb", False):
                del sys.meta_path[place]
        _replace_imported()
        retry.enable()


def uninstall() -> None:
    """Undoes :func:`install` in this process, and what ``dishtayantra-lmdb-engine`` does there.

    An engine's own modules that were replaced are put back. What was imported stays usable.
    """
    with _lock:
        retry.disable()
        for other in list(sys.meta_path):
            if getattr(other, "provides_core_lmdb", False):
                sys.meta_path.remove(other)
        for name in _imported():
            if _is_ours(sys.modules[name]):
                del sys.modules[name]
        sys.modules.update(_replaced)
        parent = sys.modules.get(_PARENT)
        if parent is not None and _is_ours(parent.__dict__.get(_CHILD)):
            del parent.__dict__[_CHILD]
        if parent is not None and _ALIAS in _replaced:
            setattr(parent, _CHILD, _replaced[_ALIAS])
        if _is_provided(parent):
            del sys.modules[_PARENT]
        _replaced.clear()


def _imported() -> list[str]:
    """The names under which ``core.lmdb`` and its submodules are imported."""
    return [name for name in list(sys.modules) if f"{name}.".startswith(f"{_ALIAS}.")]


def _real_name(alias: str) -> str:
    return _PACKAGE + alias.removeprefix(_ALIAS)


def _is_ours(module: object) -> bool:
    name = getattr(module, "__name__", "")
    return f"{name}.".startswith(f"{_PACKAGE}.") and sys.modules.get(name) is module


def _replace_imported() -> None:
    foreign = {name: sys.modules[name] for name in _imported() if not _is_ours(sys.modules[name])}
    for name in foreign:
        real = _real_name(name)
        if importlib.util.find_spec(real) is None:
            del sys.modules[name]
        else:
            sys.modules[name] = importlib.import_module(real)
    if _ALIAS in foreign:
        parent = sys.modules.get(_PARENT)
        if parent is not None:
            setattr(parent, _CHILD, sys.modules[_ALIAS])
        logger.warning(
            "%s was imported from %s before %s.compat.install(): what was taken from it stays as "
            "it is; install first",
            _ALIAS,
            getattr(foreign[_ALIAS], "__file__", "elsewhere"),
            _PACKAGE,
        )
    _replaced.update(foreign)


class _Finder:
    """Finds ``core.lmdb`` and what is below it, and ``core`` when nobody else does."""

    provides_core_lmdb = True

    def __init__(self) -> None:
        # The empty package, once it was provided; it may have become the engine's meanwhile.
        self.provided: ModuleType | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module that is ours to give, else None."""
        if f"{name}.".startswith(f"{_ALIAS}."):
            return _alias_spec(name)
        if name == _PARENT:
            if _found_by_others(name, path) is not None:
                return None
            return ModuleSpec(name, _PARENT_LOADER, is_package=True)
        if name.startswith(f"{_PARENT}."):
            parent = sys.modules.get(_PARENT)
            if parent is not None and parent is self.provided:
                # Whoever asks may still have the path of the empty package.
                _become_the_engines(parent)
                return _found_by_others(name, parent.__path__)
        return None


def _found_by_others(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    for other in list(sys.meta_path):
        if getattr(other, "provides_core_lmdb", False) or not hasattr(other, "find_spec"):
            continue
        spec = other.find_spec(name, path)
        if spec is not None:
            return spec
    return None


def _alias_spec(name: str) -> ModuleSpec | None:
    real = importlib.util.find_spec(_real_name(name))
    if real is None:
        return None
    places = real.submodule_search_locations
    spec = ModuleSpec(name, _AliasLoader(real), origin=real.origin, is_package=places is not None)
    if places is not None:
        spec.submodule_search_locations = list(places)
    return spec


class _AliasLoader(InspectLoader):
    """Gives a module of this package under another name, as the object that it is."""

    def __init__(self, real: ModuleSpec) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself."""
        module = importlib.import_module(self._real.name)
        self._real = module.__spec__ or self._real
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module back the spec that the import system has just replaced."""
        module.__spec__ = self._real

    def is_package(self, name: str) -> bool:
        """Whether there are submodules."""
        return self._real.submodule_search_locations is not None

    def get_code(self, name: str) -> CodeType | None:
        """The code, for ``python -m``."""
        loader: Any = self._real.loader
        code: CodeType | None = loader.get_code(self._real.name)
        return code

    def get_source(self, name: str) -> str | None:
        """The source."""
        loader: Any = self._real.loader
        source: str | None = loader.get_source(self._real.name)
        return source


class _ParentLoader(Loader):
    """Makes the empty package ``core``."""

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        """Has the module look for what it lacks in the engine's package."""
        finder.provided = module

        def __getattr__(name: str) -> Any:
            special = name.startswith("__") and name.endswith("__")
            if not special and _become_the_engines(module) and name in module.__dict__:
                return module.__dict__[name]
            raise AttributeError(f"module {_PARENT!r} has no attribute {name!r}")

        module.__getattr__ = __getattr__  # type: ignore[method-assign]


_PARENT_LOADER = _ParentLoader()


def _is_provided(module: ModuleType | None) -> bool:
    """Whether this is the empty package, still."""
    return module is not None and getattr(module.__spec__, "loader", None) is _PARENT_LOADER


@contextlib.contextmanager
def _locked_for_a_while() -> Iterator[None]:
    locked = _lock.acquire(timeout=_PATIENCE_S)
    try:
        yield
    finally:
        if locked:
            _lock.release()


def _become_the_engines(module: ModuleType) -> bool:
    """Runs the engine's own package ``core`` in the empty one, if it can be imported by now.

    Returns:
        Whether the module is the engine's.
    """
    if not _is_provided(module):
        # Perhaps another thread is at it.
        with _locked_for_a_while():
            return True
    with _locked_for_a_while():
        if not _is_provided(module):
            return True
        if _found_by_others(_PARENT, None) is None:
            return False
        spec = module.__spec__
        del module.__dict__["__getattr__"]
        try:
            importlib.reload(module)
        except BaseException:
            # As after any import that failed, the next one tries again.
            module.__spec__, module.__path__ = spec, []
            _PARENT_LOADER.exec_module(module)
            raise
    return True


finder: _Finder = _Finder()
"""What :func:`install` puts first in ``sys.meta_path``."""
