"""Calculators on the two nodes of a Ray cluster: in Python and C++ on host a, in Rust and Java on host b."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dishtayantra_rust_calculators as rust
import ray

import dishtayantra_calculators as cpp
from dishtayantra_lmdb import calculator
from dishtayantra_lmdb.ray import JavaClass, SharedPayload, remote_calculator

PLACES = {"Python": "a", "C++": "a", "Rust": "b", "Java": "b"}
# Starting a JVM and reading Arrow, on two busy cores.
PATIENCE = 180


@calculator
def deviations(data: dict[str, Any]) -> dict[str, Any]:
    """Rows of numbers, each less its column's mean."""
    values = data["values"]
    return {"values": values - values.mean(axis=0)}


@calculator
def covariance(data: dict[str, Any]) -> dict[str, Any]:
    """The covariance of variables, whose deviations are the rows."""
    values = data["values"]
    return {"covariance": (values @ values.T / (values.shape[1] - 1)).tolist()}


@dataclass(frozen=True)
class Placed:
    """A calculator in a process of its own on a host."""

    name: str
    language: str
    actor: Any

    @property
    def host(self) -> str:
        """Where it is."""
        return PLACES[self.language]


def place(name: str, language: str, made_of: Any, config: dict[str, Any] | None = None) -> Placed:
    """Starts a calculator on the host of its language."""
    resources = {f"host_{PLACES[language]}": 1}
    actor = remote_calculator(made_of, config or {}, f"{name}, {language}", num_cpus=0, resources=resources)
    return Placed(name, language, actor)


def _in_java(name: str) -> JavaClass:
    return JavaClass(f"com.dishtayantra.calculators.{name}")


def figure_calculators(level: float) -> dict[str, list[Placed]]:
    """Those that say something of one column each, the same in several languages."""
    tail = {"level": level}
    return {
        "statistics": [
            place("statistics", "C++", cpp.MatrixProcessor),
            place("statistics", "Rust", rust.MatrixProcessor),
            place("statistics", "Java", _in_java("MatrixProcessorCalculator")),
        ],
        "tail risk": [
            place("tail risk", "C++", cpp.RiskCalculator, tail),
            place("tail risk", "Rust", rust.RiskCalculator, tail),
            place("tail risk", "Java", _in_java("RiskCalculator"), tail),
        ],
        "signal": [
            place("signal", "C++", cpp.SignalProcessor),
            place("signal", "Rust", rust.SignalProcessor),
        ],
    }


def chained_calculators() -> list[Placed]:
    """Five, each of which takes what the one before it gave: on a twice, on b twice, and back on a."""
    transpose = {"operation": "transpose"}
    return [
        place("deviations", "Python", deviations),
        place("transpose", "C++", cpp.MatrixProcessor, transpose),
        place("transpose", "Rust", rust.MatrixProcessor, transpose),
        place("transpose", "Java", _in_java("MatrixProcessorCalculator"), transpose),
        place("covariance", "Python", covariance),
    ]


def details_of(calculators: Sequence[Placed]) -> list[dict[str, Any]]:
    """Where each one is; it answers when its process, its JVM and its node's store are there."""
    details: list[dict[str, Any]] = ray.get([placed.actor.details.remote() for placed in calculators], timeout=PATIENCE)
    return details


def all_at_once(calls: Sequence[tuple[Placed, SharedPayload]]) -> list[Any]:
    """What each calculator says of its payload; they run side by side."""
    running = [placed.actor.calculate.remote(payload) for placed, payload in calls]
    return [opened(answer) for answer in ray.get(running, timeout=PATIENCE)]


def one_after_another(calculators: Sequence[Placed], payload: SharedPayload) -> Any:
    """What the last one says; only handles come by here, and they are not looked at."""
    carried: Any = payload
    for placed in calculators:
        carried = placed.actor.calculate.remote(carried)
    return opened(ray.get(carried, timeout=PATIENCE))


def opened(answer: Any) -> Any:
    """An answer, which is in the store of its node when it is not small."""
    return answer.value() if isinstance(answer, SharedPayload) else answer
