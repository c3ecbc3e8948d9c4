"""Every kind of value on every route: it means the same directly and through the store, small and large, in every mode
and language. ``route_values.py`` has the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dishtayantra_rust_calculators
import pytest
from java_support import CALCULATORS, compiled_natives
from route_values import KINDS, LARGE, NUMBERS, REFUSED, SMALL, same
from wrapping import wrapped

import dishtayantra_calculators
from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBTransport, java

MODES = ["direct", "input", "output", "both", "reference"]
SIZES = {"small": SMALL, "large": LARGE}
LANGUAGES = ["C++", "Rust", "Java"]


class Echo(LMDBCalculatorMixin):
    """Answers with what it got, through the store when it can, and remembers it."""

    def __init__(self) -> None:
        self.saw: Any = None

    def calculate(self, data: Any) -> Any:
        self.saw = payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        answer = {"value": payload["value"]}
        if data.get("_lmdb_output_key") and self.lmdb_write_output(answer) is not None:
            return {"_lmdb_output_written": True}
        return answer


def called(transport: LMDBTransport, inner: Any, mode: str, payload: Any) -> Any:
    """The answer on a route; both small and large payloads take it."""
    if mode == "direct":
        return inner.calculate(payload)
    answer = wrapped(transport, inner, mode, lmdb_min_size=0).calculate(payload)
    return transport.resolve(answer) if isinstance(answer, dict) and answer.get("_lmdb_ref") else answer


ROUTES = [*((mode, "msgpack") for mode in MODES), ("both", "arrow"), ("both", "numpy"), ("both", "json")]


@pytest.mark.parametrize(("mode", "wanted"), ROUTES)
@pytest.mark.parametrize("kind", KINDS)
def test_python_sees_and_answers_what_went_in(transport: LMDBTransport, kind: str, mode: str, wanted: str) -> None:
    for size, n in SIZES.items():
        echo, value = Echo(), KINDS[kind].make(n)
        inner: Any = echo
        if mode != "direct":
            inner = wrapped(transport, echo, mode, lmdb_min_size=0, lmdb_data_format=wanted)
        answer = inner.calculate({"value": value})
        if isinstance(answer, dict) and answer.get("_lmdb_ref"):
            answer = transport.resolve(answer)
        assert same(echo.saw["value"], value), (size, type(echo.saw["value"]), echo.saw["value"])
        assert list(answer) == ["value"]
        assert same(answer["value"], value), (size, type(answer["value"]), answer["value"])


@pytest.mark.parametrize("segments", [False, True], ids=["plain MessagePack", "segments"])
@pytest.mark.parametrize("kind", KINDS)
def test_python_sees_the_same_without_segments(transport: LMDBTransport, kind: str, segments: bool) -> None:
    for n in SIZES.values():
        echo, value = Echo(), KINDS[kind].make(n)
        wrapped(transport, echo, "input", lmdb_min_size=0, lmdb_segments=segments).calculate({"value": value})
        assert same(echo.saw["value"], value), (type(echo.saw["value"]), echo.saw["value"])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    started = java.start_gateway([compiled_natives(tmp_path_factory.mktemp("natives"))], options=["-Xmx256m"])
    yield started
    java.stop_gateway(started)


@pytest.fixture
def matrix(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """A matrix processor of a language, which answers with the sum of its values."""

    def make(language: str) -> Any:
        if language == "Java":
            java_class = f"{CALCULATORS}MatrixProcessorCalculator"
            return java.Py4JCalculator(request.getfixturevalue("gateway"), java_class, "matrix")
        modules = {"C++": dishtayantra_calculators, "Rust": dishtayantra_rust_calculators}
        return modules[language].MatrixProcessor("matrix", {})

    return make


def total_of(transport: LMDBTransport, calculator: Any, mode: str, payload: Any) -> Any:
    """The sum that a native answers, or "refused"."""
    try:
        return called(transport, calculator, mode, payload)["sum"]
    except (ValueError, TypeError):
        return "refused"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_natives_answer_the_same(
    transport: LMDBTransport, matrix: Callable[[str], Any], kind: str, language: str, mode: str
) -> None:
    calculator = matrix(language)
    total = NUMBERS[kind].total if kind in NUMBERS else None
    for size, n in SIZES.items():
        wanted: Any = "refused" if total is None or kind in REFUSED[language] else total(n)
        found = total_of(transport, calculator, mode, {"values": KINDS[kind].make(n)})
        assert found == wanted, (size, found, wanted)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("language", ["C++", "Rust"])
@pytest.mark.parametrize("kind", ["pandas frame", "Polars frame", "Table", "RecordBatch", "float64"])
def test_natives_take_frames_and_arrays_alone(
    transport: LMDBTransport, matrix: Callable[[str], Any], kind: str, language: str, mode: str
) -> None:
    for n in SIZES.values():
        found = total_of(transport, matrix(language), mode, NUMBERS[kind].make(n))
        wanted = NUMBERS[kind].total
        assert wanted is not None
        assert found == wanted(n)
