"""Payloads that cannot be passed to Java, with what is said of them, and odd ones that can, with what comes back."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

itself: list[Any] = []
itself.append(itself)


class Number(enum.IntEnum):
    THREE = 3


class Text(str):
    def __repr__(self) -> str:
        return "another text"

    __str__ = __repr__


REFUSED: dict[str, tuple[Any, str]] = {
    "int over 64 bits": ({"a": [1, 2**64]}, "int of 65 bits at 'a.1'"),
    "int below 64 bits": ({"a": -(2**63) - 1}, "int of 64 bits at 'a' cannot be passed to Java, only -2"),
    "endless int": ({"a": 1 << 100_000}, "int of 100001 bits at 'a'"),
    "half a surrogate pair": ({"a": {"b": ["x\ud800"]}}, r"the text 'x\\ud800' at 'a.b.0'"),
    "half a surrogate pair in a key": ({"a\udfff": 1}, r"the text 'a\\udfff' at 'a\\udfff'"),
    "list in itself": ({"a": itself}, "nested too deeply"),
    "object": ({"a": object()}, "a object cannot be passed to Java at 'a'"),
    "long double": ({"a": np.longdouble(1.5)}, "longdouble.* at 'a'"),
    "array of long doubles": ({"a": [np.ones(3, np.longdouble)]}, "ndarray of .* at 'a.0'"),
    "array of half floats": ({"a": np.ones(3, np.float16)}, "ndarray of float16 .* at 'a'"),
}

TAKEN: dict[str, tuple[Any, Any]] = {
    "largest": (2**63 - 1, 2**63 - 1),
    "smallest": (-(2**63), -(2**63)),
    "unsigned": (np.uint64(2**64 - 1), 2**64 - 1),
    "enum": (Number.THREE, 3),
    "np.float64": (np.float64(1.5), 1.5),
    "np.float32": (np.float32(1.5), 1.5),
    "np.str_": (np.str_("é\U0001f600\n\0"), "é\U0001f600\n\0"),
    "text of a subclass": (Text("plain"), "plain"),
}


def check(calculator: Any, name: str) -> None:
    """Passes the payload with a name to a calculator that answers with its input."""
    import pytest

    from dishtayantra_lmdb.errors import InvalidArgumentError

    if name in TAKEN:
        given, expected = TAKEN[name]
        answer = calculator.calculate({"a": [given]})
        assert answer == {"a": [expected]}
        assert type(answer["a"][0]) is type(expected)
        return
    payload, said = REFUSED[name]
    with pytest.raises(InvalidArgumentError, match=said):
        calculator.calculate(payload)
    # It is none the worse for it.
    assert calculator.calculate({"a": "ä"}) == {"a": "ä"}


def check_making(make: Any) -> None:
    """Makes calculators that cannot be; ``make`` takes class, name and configuration."""
    import pytest

    from dishtayantra_lmdb import java
    from dishtayantra_lmdb.errors import InvalidArgumentError

    for arguments, said in {
        ("natives.Echo", "n\ud800"): "at 'name'",
        ("natives.Ec\ud800ho", "n"): "at 'class'",
        ("natives.Echo", 3): "the name is 3, no str",
        (7, "n"): "the class is 7, no str",
    }.items():
        with pytest.raises(InvalidArgumentError, match=said):
            make(*arguments, {})
    with pytest.raises(InvalidArgumentError, match=r"at 'q\.r'"):
        make("natives.Echo", "n", {"q": {"r": 2**70}})
    with pytest.raises(InvalidArgumentError, match="the config is a list"):
        make("natives.Echo", "n", [1])
    for java_class in ("java.lang.Object", "java.util.AbstractMap", "no.such.Class", "java.lang", "", "a\0b"):
        with pytest.raises(java.JavaError, match="calculator 'n'"):
            make(java_class, "n", {})
    with pytest.raises(java.JavaError, match="calculate"):
        make("natives.Silent", "n", {}).calculate({})
    with pytest.raises(java.JavaError, match="nested too deeply"):
        make("natives.Echo", "n", {"answer": "itself"}).calculate({})
    assert make("natives.Echo", "n", {"answer": "large"}).calculate({}) == {"answer": -(2**20_000)}
