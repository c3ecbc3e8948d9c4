"""Calls the calculators of one language through the wrapper, in a process of its own that is asked as peers are.

worker.py CALCULATORS STORE     CALCULATORS: a name in table.CALCULATORS
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import content
from table import BUILT, CALCULATORS

sys.path.insert(0, str(BUILT / "python"))

from dishtayantra_lmdb import java, wrap_with_lmdb

Request = dict[str, Any]
JVM = ["-Xcheck:jni", "-Xmx512m"]


class Module:
    """Calculators that are classes of Python modules."""

    def make(self, named: str, config: dict[str, Any]) -> Any:
        module, name = named.split(":")
        return getattr(importlib.import_module(module), name)(name, config)

    def collect(self) -> None:
        """What Python holds no more is gone at once."""


class Py4J:
    """Calculators in a JVM of its own."""

    def __init__(self) -> None:
        self._gateway = java.start_gateway([BUILT / "java" / "natives"], options=JVM)

    def make(self, named: str, config: dict[str, Any]) -> Any:
        return java.Py4JCalculator(self._gateway, named, named, config)

    def collect(self) -> None:
        self._gateway.jvm.System.gc()


class JPype:
    """Calculators in a JVM in this process."""

    def __init__(self) -> None:
        java.start_jvm([BUILT / "java" / "natives"], options=JVM)

    def make(self, named: str, config: dict[str, Any]) -> Any:
        return java.JPypeCalculator(named, named, config)

    def collect(self) -> None:
        import jpype

        jpype.JClass("java.lang.System").gc()


HOSTS: dict[str, Callable[[], Any]] = {"module": Module, "py4j": Py4J, "jpype": JPype}


class Warned(logging.Handler):
    """Counts the warnings that a calculator opens no references."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "does not open" in record.getMessage()


def calculate(host: Any, path: str, request: Request) -> dict[str, Any]:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": path,
        "lmdb_exchange_mode": request["mode"],
        "lmdb_min_size": 1024,
        # Nobody would wait it out.
        "lmdb_wait_timeout": 3_600_000,
    }
    native = host.make(request["native"], {})
    wrapped = wrap_with_lmdb(native, config, request["name"])
    warned = Warned()
    logging.getLogger("core.lmdb").addHandler(warned)
    given = [{"values": content.floats(seed, request["count"]).tolist()} for seed in request["seeds"]]
    results = [wrapped.calculate(payload) for payload in [*given, *request["references"]]]
    logging.getLogger("core.lmdb").removeHandler(warned)
    counted = {"calls": getattr(native, "calls", 0), **native.details()}
    wrapped.close()
    # JSON keeps ints and floats apart.
    return {
        "results": results,
        "counted": {name: int(counted[name]) for name in request["counts"]},
        "warned": warned.count,
    }


def main() -> None:
    name, path = sys.argv[1:]
    host = HOSTS[CALCULATORS[name].host]()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "collect":
                host.collect()
                answer: dict[str, Any] = {}
            else:
                answer = calculate(host, path, request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
