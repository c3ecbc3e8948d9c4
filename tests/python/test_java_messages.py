"""A call of a Java calculator over Py4J is one message there and one back; values are those of the engine's own way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run
from java_support import CALCULATORS, compiled_natives
from route_values import same
from wrapping import wrapped

from dishtayantra_lmdb import LMDBTransport, java
from dishtayantra_lmdb.errors import InvalidArgumentError

# What natives.Kinds answers with, by the name of its kind.
ANSWERS: dict[str, Any] = {
    "null": None,
    "bools": [True, False],
    "whole numbers": [-1, 300, 70_000, -(2**63), 2**63],
    "floats": [float(np.float32(1.1)), 0.1, -0.0, float("-inf"), 5e-324],
    "texts": ["", "é\U0001f600\n\0", "built"],
    "bytes": b"\0\xff\n\r",
    "maps": {"b": {"c": []}},
    "collections": [["x", 1], [2]],
    "array of objects": [1, "x", None],
    "array of texts": ["x", "y"],
    "array of arrays": [np.array([1.0, 2]), np.array([3.0, 4])],
    "bool[]": np.array([True, False]),
    "short[]": np.array([-1, 2], np.int16),
    "int[]": np.array([-1, 2], np.int32),
    "long[]": np.array([-1, 2]),
    "float[]": np.array([1.5, -2], np.float32),
    "double[]": np.array([1.5, -2]),
    "no items": np.array([], float),
    "IntBuffer": np.array([2, 3], np.int32),
    "LongBuffer": np.array([1, 2]),
    "ByteBuffer": np.array([1, 255], np.uint8),
    "uint16": np.array([[0xFF01], [2]], np.uint16),
    "times": np.array(["1970-01-01", "NaT"], "M8[ms]"),
    "time": np.timedelta64(7, "s"),
    "segment of a list": [1, 2],
    "Numbers": np.array([1.0, 2]),
    "Numbers of a list": [1.0, 2.0],
    "long list": [0.5] * 5000,
    "many rows": [{"id": 1, "name": "x"}] * 100,
}
REFUSED = {"half a surrogate pair": r"half a surrogate pair.* at 'a\.1'", "class": r"java\.lang\.Thread.* at 'a\.b\.0'"}

# What natives.Types says of its input: the class that each value has in Java.
TYPES: dict[str, tuple[Any, Any]] = {
    "null": (None, "null"),
    "bool": (True, "Boolean true"),
    "small": (127, "Integer 127"),
    "byte": (255, "Integer 255"),
    "two bytes": (-300, "Integer -300"),
    "largest Integer": (2**31 - 1, "Integer 2147483647"),
    "smallest Integer": (-(2**31), "Integer -2147483648"),
    "four bytes": (2**32 - 1, "Long 4294967295"),
    "smallest Long": (-(2**63), "Long -9223372036854775808"),
    "BigInteger": (2**63, "BigInteger 9223372036854775808"),
    "float": (1.0, "Double 1.0"),
    "nan": (float("nan"), "Double NaN"),
    "np.float32": (np.float32(0.5), "Double 0.5"),
    "np.int8": (np.int8(-3), "Integer -3"),
    "text": ("é\n", "String é\n"),
    "long text": ("x" * 70_000, "String " + "x" * 70_000),
    "bytes": (b"\0\xff", "byte[] 2"),
    "many bytes": (bytes(70_000), "byte[] 70000"),
    "list": ([1, [2**40], "x", None], ["Integer 1", ["Long 1099511627776"], "String x", "null"]),
    "long list": ([0.5] * 70_000, ["Double 0.5"] * 70_000),
    "tuple": ((), []),
    "dict": ({"b": {"c": 1}, "d": {}}, {"b": {"c": "Integer 1"}, "d": {}}),
    "large dict": ({str(i): i for i in range(300)}, {str(i): f"Integer {i}" for i in range(300)}),
    "array": (np.ones((2, 3), np.float32), "Segment Segment(float32, shape [2, 3])"),
    "tiny array": (np.zeros(0, np.int8), "Segment Segment(int8, shape [0])"),
}
# Those that take a round trip an item take long by an engine's own way.
SHORT = [name for name in TYPES if not name.startswith(("long list", "large dict"))]


@pytest.fixture(scope="module")
def natives(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled_natives(tmp_path_factory.mktemp("natives"))


@pytest.fixture(scope="module")
def gateway(natives: str) -> Iterator[Any]:
    started = java.start_gateway([natives], options=["-Xmx256m"])
    yield started
    java.stop_gateway(started)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that go to the JVM, but those of Python's garbage collector."""
    from py4j.java_gateway import GatewayConnection

    sent: list[str] = []
    send = GatewayConnection.send_command

    def noted(connection: Any, command: str) -> Any:
        if not command.startswith("m\nd\n"):
            sent.append(command)
        return send(connection, command)

    monkeypatch.setattr(GatewayConnection, "send_command", noted)
    return sent


def test_a_call_is_one_round_trip(gateway: Any, transport: LMDBTransport, trips: list[str]) -> None:
    matrix = java.Py4JCalculator(gateway, f"{CALCULATORS}MatrixProcessorCalculator", "m", {"operation": "transpose"})
    values = np.arange(12_000.0).reshape(40, 300)
    payloads: list[Any] = [values, values[:2], values[:2].tolist(), [1.5, 2.5]]
    for mode in ("direct", "input", "output", "both", "reference"):
        called = matrix if mode == "direct" else wrapped(transport, matrix, mode, lmdb_min_size=8000)
        for payload in payloads:
            called.calculate({"values": payload})
            trips.clear()
            answer = called.calculate({"values": payload})
            assert len(trips) == 1, (mode, trips)
            if isinstance(answer, dict) and answer.get("_lmdb_ref"):
                answer = transport.resolve(answer)
            np.testing.assert_array_equal(answer["values"], np.atleast_2d(payload).T)
    trips.clear()
    assert matrix.details()["calculations"] == 40
    assert len(trips) == 1


@pytest.mark.parametrize("kind", ANSWERS)
def test_answers_are_the_same_directly_and_through_the_store(gateway: Any, transport: LMDBTransport, kind: str) -> None:
    calculator = java.Py4JCalculator(gateway, "natives.Kinds", "k", {"kind": kind})
    through = wrapped(transport, calculator, "output", lmdb_min_size=0)
    for answer in (calculator.calculate({"x": 1}), through.calculate({"x": 1})):
        assert same(answer, {"a": ANSWERS[kind]}), answer
    assert calculator.details()["outputs_written"] == 1


def test_jpype_answers_with_the_same_types(run: Run, natives: str) -> None:
    done = run(
        """
import sys
sys.path.insert(0, sys.argv[1])
from test_java_messages import ANSWERS, same
from dishtayantra_lmdb import java
java.start_jvm([sys.argv[2]], options=["-Xmx256m"])
for kind, expected in ANSWERS.items():
    answer = java.JPypeCalculator("natives.Kinds", "k", {"kind": kind}).calculate({"x": 1})
    assert same(answer, {"a": expected}), (kind, answer)
print(len(ANSWERS))
""",
        Path(__file__).resolve().parent,
        natives,
    )
    assert done.stdout == f"{len(ANSWERS)}\n"


@pytest.mark.parametrize("kind", REFUSED)
def test_answers_that_cannot_be_passed_are_refused_with_their_place(gateway: Any, kind: str) -> None:
    calculator = java.Py4JCalculator(gateway, "natives.Kinds", "k", {"kind": kind})
    with pytest.raises(InvalidArgumentError, match=REFUSED[kind]):
        calculator.calculate({})


@pytest.mark.parametrize("name", TYPES)
def test_java_gets_the_types_of_an_engines_own_way(gateway: Any, name: str) -> None:
    given, expected = TYPES[name]
    calculator = java.Py4JCalculator(gateway, "natives.Types", "t")
    assert calculator.calculate({"a": given}) == {"a": expected}
    if name in SHORT:
        calculator._messages = None
        assert calculator.calculate({"a": given}) == {"a": expected}


def test_large_answers_do_not_wait_for_the_network(gateway: Any) -> None:
    echo = java.Py4JCalculator(gateway, "natives.Echo", "e")
    payload = {"a": "x" * 20_000}
    assert echo.calculate(payload) == payload
    server = gateway.java_gateway_server
    connections = server.getClass().getDeclaredField("connections")
    connections.setAccessible(True)
    prompt = [connection.getSocket().getTcpNoDelay() for connection in connections.get(server)]
    assert prompt
    assert all(prompt)


def test_exceptions_keep_their_class_message_and_trace(gateway: Any) -> None:
    calculator = java.Py4JCalculator(gateway, "natives.Kinds", "k", {"kind": "none"})
    with pytest.raises(java.JavaError, match=r"calculator 'k': java\.lang\.IllegalStateException: none") as caught:
        calculator.calculate({})
    assert "natives.Kinds.process" in str(caught.value.__cause__)
    assert "(at natives.Kinds" in str(caught.value)


def test_an_exception_without_a_message_has_its_class_alone(gateway: Any) -> None:
    calculator = java.Py4JCalculator(gateway, "natives.Kinds", "k")
    require = gateway.jvm.java.util.Objects.requireNonNull
    with pytest.raises(java.JavaError, match=r"NullPointerException($| \(at)"):
        calculator._guarded(lambda: require(None))


def test_payloads_may_be_nested_as_deeply_as_documents(gateway: Any) -> None:
    echo = java.Py4JCalculator(gateway, "natives.Echo", "e")

    def nested(depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = [value]
        return {"a": value}

    assert echo.calculate(nested(300)) == nested(300)
    with pytest.raises(InvalidArgumentError, match="nested too deeply to be passed to Java"):
        echo.calculate(nested(600))


def test_gateways_without_our_classes_are_called_as_engines_call_them(natives: str) -> None:
    from py4j.java_gateway import JavaGateway

    gateway = JavaGateway.launch_gateway(classpath=natives, die_on_exit=True, enable_auth=True)
    try:
        echo = java.Py4JCalculator(gateway, "natives.Echo", "e")
        payload = {"a": [1, 2.5, {"b": None, "c": b"x"}], "d": "ä"}
        assert same(dict(sorted(echo.calculate(payload).items())), payload)
        assert echo.details() == {}
        with pytest.raises(java.JavaError, match="no class com"):
            java.Py4JCalculator(gateway, f"{CALCULATORS}RiskCalculator", "r")
    finally:
        java.stop_gateway(gateway)


def test_classes_without_the_methods_are_called_as_engines_call_them(gateway: Any) -> None:
    calculator = java.Py4JCalculator(gateway, "natives.Silent", "s")
    assert calculator._messages is None
    with pytest.raises(java.JavaError, match="details"):
        calculator.details()
