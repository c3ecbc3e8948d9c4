"""Arrays and typed buffers: what is stored comes back as what it was, or is refused with its path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import FormatError, LMDBTransport

FORMATS = ["numpy", "msgpack", "json", "raw", "arrow"]
NESTED = np.dtype([("n", [("p", "f4"), ("q", "i1", (2, 2))]), ("s", [("z", "i2")], (3,))])


class Metres(np.ndarray):
    """What its items mean only its class says."""


def described(base: Any, **parts: Any) -> np.dtype[Any]:
    return np.dtype({"names": ["a", "b"], "formats": ["i1", base], **parts})


def places(value: Any, large: bool) -> list[tuple[Any, Any]]:
    """Payloads with ``value`` in them, and what gets it out again."""
    beside = {"beside": bytes(100_000) if large else b""}
    return [
        (value, lambda got: got),
        ({"a": value, **beside}, lambda got: got["a"]),
        ([{"deep": (1, [value])}, beside], lambda got: got[0]["deep"][1][0]),
    ]


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize(
    "value",
    [
        np.ones((1,) * 40),
        np.arange(64.0).reshape((2,) * 6 + (1,) * 28),
        np.zeros(1 << 20, "V0"),
        np.zeros(3, []),
        np.ones(3, NESTED),
        np.ones(0, NESTED),
        np.ones(3, described("f8", offsets=[0, 8], itemsize=24)),
        np.ones(3, described("f8", titles=["first", "second"])),
        np.array([b"a\0", b"b"], "S3"),
        np.array(1.5),
        np.full(3, np.timedelta64(5, "s"), "m8[25s]"),
    ],
    ids=lambda value: f"{value.dtype} {value.ndim}d {value.size}",
)
def test_arrays_come_back(transport: LMDBTransport, value: np.ndarray, large: bool, wanted: str) -> None:
    for payload, found_in in places(value, large):
        transport.put("key", payload, format=wanted)
        found = found_in(transport.get("key"))
        assert type(found) is np.ndarray
        assert (found.dtype.newbyteorder("="), found.shape) == (value.dtype, value.shape) or value.dtype.kind == "m"
        assert found.tobytes() == value.tobytes() or (found == value).all()


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.matrix([[1, 2]]), "numpy.matrix"),
        (np.ones(3).view(Metres), "Metres"),
        (np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "recarray"),
        (np.ones(3, np.dtype((np.record, [("a", "f8")]))), "records"),
        (np.char.array(["a"]), "chararray"),
        (np.ma.masked_array([1.0], [True]), "mask"),
        (np.ma.masked, "mask"),
        (np.ones(3, np.dtype("f8", metadata={"unit": "m"})), "metadata"),
        (np.ones(3, np.dtype([("a", np.dtype("f8", metadata={"unit": "m"}))])), "metadata"),
        (np.ones(3, np.dtype([("a", np.dtype("f8", metadata={"unit": "m"}), (2,))])), "metadata"),
        (np.ones(3, described("i4", offsets=[4, 0])), "header"),
        (np.ones(3, described("i4", offsets=[0, 0])), "header"),
        (np.ones(3, [(("title", "a"), "f8"), ((frozenset(), "b"), "f8")]), "header"),
        (np.zeros((1 << 20) + 1, "V0"), "no bytes"),
        (np.array([object()]), "objects"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_arrays_that_would_change_are_refused(transport: LMDBTransport, value: Any, why: str, wanted: str) -> None:
    for payload, path in [(value, "top"), ({"a": value}, " a:"), ([{"deep": (1, [value])}], r" 0\.deep\.1\.0:")]:
        with pytest.raises(FormatError, match=why) as refused:
            transport.put("key", payload, format=wanted)
        assert refused.match(path)


def test_numbers_of_other_libraries_in_fields_are_refused(transport: LMDBTransport) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for value in (np.ones(3, ml_dtypes.bfloat16), np.ones(3, [("x", ml_dtypes.bfloat16)])):
        for wanted in FORMATS:
            with pytest.raises(FormatError, match=r"bfloat16"):
                transport.put("key", {"a": value}, format=wanted)


def test_a_memmap_is_an_array(transport: LMDBTransport, tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "m", "f8", "w+", shape=(3,))
    mapped[:] = 1.5
    for wanted in FORMATS:
        transport.put("key", [mapped], format=wanted)
        assert transport.get("key")[0].tolist() == [1.5] * 3


@pytest.mark.parametrize("wanted", ["numpy", "msgpack"])
@pytest.mark.parametrize("nested", [False, True])
def test_no_two_arrays_share_a_dtype_that_can_be_changed(transport: LMDBTransport, wanted: str, nested: bool) -> None:
    def fields(found: Any) -> Any:
        return found.dtype.fields["n"][0] if nested else found.dtype

    value = np.zeros(4, [("n", [("p", "f8"), ("q", "f8")])] if nested else [("p", "f8"), ("q", "f8")])
    for key in ("one", "two"):
        transport.put(key, value, format=wanted)
    fields(transport.get("one")).names = ("q", "p")
    fields(value).names = ("x", "y")
    transport.put("three", value, format=wanted)
    assert fields(transport.get("one")).names == fields(transport.get("two")).names == ("p", "q")
    assert fields(transport.get("three")).names == ("x", "y")


def test_arrays_of_loans_share_no_dtype_either(transport: LMDBTransport) -> None:
    dtype = [("p", "f8"), ("q", "f8")]
    for key in ("one", "two"):
        with transport.loan(key, 400, format="numpy") as loan:
            lent = loan.array(dtype, 4)
            assert lent.dtype.names == ("p", "q")
            lent.dtype.names = ("q", "p")
            del lent
        assert transport.get(key).dtype.names == ("p", "q")


@pytest.mark.parametrize("wanted", FORMATS)
def test_where_types_are_exact_class_and_dtype_come_back(transport: LMDBTransport, wanted: str, tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "m", "f8", "w+", shape=(3,))
    for value in (mapped, np.ones(3, ">U2"), np.ones(3, [("a", ">i4")])):
        for payload in (value, {"a": value}):
            with pytest.raises(FormatError, match="would come back"):
                transport.put("key", payload, format=wanted, exact=True)
    for kept in (np.array([5, 10], "m8[25s]"), np.ones(3, ">f8")):
        for payload in (kept, {"a": kept}):
            transport.put("key", payload, format=wanted, exact=True)
            found = transport.get("key")
            found = found["a"] if isinstance(found, dict) else found
            assert found.dtype == kept.dtype
            assert (found == kept).all()
