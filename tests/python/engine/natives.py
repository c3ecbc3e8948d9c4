"""The calculators that the stand-in engine runs, in every language that is built; a new one is one entry.

Each computes at least ``sum`` of the numbers under ``values``.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]


class Native(NamedTuple):
    """How a calculator is made, and what it makes of a reference.

    ``collect`` asks the garbage collector that ends its views, if it has one of its own, to look for them.
    """

    make: Callable[[str, dict[str, Any]], Any]
    knows_references: bool
    collect: Callable[[], None] | None = None


def from_module(module: str, kind: str, directory: str | None = None) -> Callable[[str, dict[str, Any]], Any]:
    """Makes objects of a native class ``Class(name, config)``; ``directory`` is below the project's root."""

    def make(name: str, config: dict[str, Any]) -> Any:
        if directory is not None and str(ROOT / directory) not in sys.path:
            sys.path.insert(0, str(ROOT / directory))
        return getattr(importlib.import_module(module), kind)(name, config)

    return make


class _Python:
    def __init__(self, name: str, config: dict[str, Any]) -> None:
        self.name, self.config = name, config

    def details(self) -> dict[str, Any]:
        return {"name": self.name, "type": type(self).__name__}


class PythonIgnoresReferences(_Python):
    """Sums whatever dict it gets, nothing when there are no values."""

    def calculate(self, data: Any) -> dict[str, Any]:
        return {"sum": float(sum(data.get("values", [])))}


def python_with_mixin(writes: bool) -> Callable[[str, dict[str, Any]], Any]:
    """Reads its input through the mixin, and writes its output or returns it."""

    def make(name: str, config: dict[str, Any]) -> Any:
        from core.lmdb import LMDBCalculatorMixin

        class PythonWithMixin(LMDBCalculatorMixin, _Python):
            def calculate(self, data: Any) -> dict[str, Any]:
                payload = self.lmdb_read_input() if "_lmdb_ref" in data else data
                result = {"sum": float(sum(payload["values"])), "name": self.name}
                if writes and "_lmdb_ref" in data and self.lmdb_write_output(result) is not None:
                    return {"_lmdb_output_written": True}
                return result

        return PythonWithMixin(name, config)

    return make


@functools.cache
def jvm() -> Any:
    """The JVM beside this process, which ends with it."""
    from dishtayantra_lmdb import java

    return java.start_gateway(options=["-Xmx128m"])


def of_java(kind: str) -> Callable[[str, dict[str, Any]], Any]:
    """Makes objects of a Java class in that JVM."""

    def make(name: str, config: dict[str, Any]) -> Any:
        from dishtayantra_lmdb import java

        return java.Py4JCalculator(jvm(), f"com.dishtayantra.calculators.{kind}", name, config)

    return make


def collect_in_java() -> None:
    jvm().jvm.java.lang.System.gc()


NATIVES: dict[str, Native] = {
    "Python that writes its output": Native(python_with_mixin(writes=True), True),
    "Python that answers directly": Native(python_with_mixin(writes=False), True),
    "Python that ignores references": Native(PythonIgnoresReferences, False),
    "C++ that writes its output": Native(
        from_module("dishtayantra_calculators", "MatrixProcessor", "build/cpp-examples"), True
    ),
    "C++ that answers directly": Native(
        from_module("dishtayantra_test_natives", "AnswersDirectly", "build/tests-cpp"), True
    ),
    "C++ that ignores references": Native(
        from_module("dishtayantra_test_natives", "IgnoresReferences", "build/tests-cpp"), False
    ),
    "Rust that writes its output": Native(from_module("dishtayantra_rust_calculators", "MatrixProcessor"), True),
    "Java that writes its output": Native(of_java("MatrixProcessorCalculator"), True, collect_in_java),
}
