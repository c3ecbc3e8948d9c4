"""Format numpy: one array, stored as a standard .npy and viewed in place; arrays inside msgpack."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp

from dishtayantra_lmdb import FormatError, LMDBTransport
from dishtayantra_lmdb._payload import npy as _npy

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
STRUCTURED = np.dtype([("when", "<M8[s]"), ("value", "<f8", (2,)), ("näme", "U4")], align=True)

dtypes = (
    hnp.scalar_dtypes()
    | hnp.unicode_string_dtypes()
    | hnp.byte_string_dtypes()
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
    | hnp.array_dtypes()
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_side=5))


def same(first: Any, second: Any) -> None:
    """Equal shape, values (NaN and NaT too) and dtype but for the byte order."""
    assert isinstance(second, np.ndarray)
    assert second.shape == first.shape
    assert second.dtype == first.dtype.newbyteorder("<")
    # NumPy finds a NaT inside a structure unequal to itself; its text is not.
    assert repr(first.astype(second.dtype).tolist()) == repr(second.tolist())


@RELAXED
@given(array=arrays)
@pytest.mark.parametrize("copy", [None, True])
def test_any_array_comes_back(transport: LMDBTransport, array: Any, copy: bool | None) -> None:
    transport.put("key", array, format="numpy")
    back = transport.get("key", copy=copy)
    same(array, back)
    assert back.flags.writeable is bool(copy)


@RELAXED
@given(array=arrays)
@pytest.mark.parametrize("copy", [None, True])
def test_any_array_inside_msgpack_comes_back(transport: LMDBTransport, array: Any, copy: bool | None) -> None:
    transport.put("key", {"list": [array, 1]}, format="msgpack")
    back = transport.get("key", copy=copy)["list"]
    same(array, back[0])
    assert back[1] == 1
    assert back[0].flags.writeable is bool(copy)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.arange(12.0).reshape(3, 4).T,
        np.asfortranarray(np.arange(24).reshape(2, 3, 4)),
        np.arange(5, dtype=">f8"),
        np.arange(6, dtype=">i4").reshape(2, 3).T,
        np.arange(10)[::-1],
        np.array(3.5),
        np.array(7, dtype=">u2"),
        np.zeros((0, 3)),
        np.zeros((3, 0), order="F"),
        np.zeros(0, dtype="M8[us]"),
        np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
        np.array([True, False]),
        np.arange(4, dtype="f2"),
        np.zeros(3, STRUCTURED),
        np.zeros((), STRUCTURED),
        np.zeros(3, STRUCTURED.newbyteorder(">")),
        np.broadcast_to(np.float64(1), (4, 5)),
        np.array([[1, 2]]).view(np.memmap),
        np.array([b"ab", b"c"]),
        np.zeros(2, "V5"),
        np.zeros(0),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
@pytest.mark.parametrize("wanted", ["numpy", "msgpack"])
def test_awkward_arrays(transport: LMDBTransport, array: Any, wanted: str) -> None:
    transport.put("key", array, format=wanted)
    same(np.asarray(array), transport.get("key"))


def test_the_payload_is_a_standard_npy_with_its_data_at_64_bytes(transport: LMDBTransport) -> None:
    for array in (np.arange(1000.0), np.zeros((3, 4), order="F"), np.zeros(5, STRUCTURED)):
        transport.put("key", array, format="numpy")
        raw = transport.get_raw("key")
        assert raw is not None
        np.testing.assert_array_equal(np.load(io.BytesIO(raw[0])), array)
        assert (len(raw[0]) - array.nbytes) % 64 == 0


def test_large_arrays_are_aligned_to_64_bytes(transport: LMDBTransport) -> None:
    for size in (300, 1000, 4096, 100_001):
        transport.put("key", np.arange(float(size)), format="numpy")
        assert transport.get("key").ctypes.data % 64 == 0


def test_fortran_order_is_kept(transport: LMDBTransport) -> None:
    transport.put("key", np.asfortranarray(np.arange(6).reshape(2, 3)), format="numpy")
    assert transport.get("key").flags.f_contiguous
    assert transport.get("key", copy=True).flags.f_contiguous


@pytest.mark.parametrize(
    "array",
    [np.array([None]), np.ma.masked_array([1, 2], [0, 1]), np.zeros(2, [("a", "O")])],
    ids=["object", "masked", "object field"],
)
def test_arrays_that_would_lose_something_are_refused(transport: LMDBTransport, array: Any) -> None:
    with pytest.raises(FormatError):
        transport.put("key", array, format="numpy")


def test_a_header_longer_than_most(transport: LMDBTransport) -> None:
    dtype = np.dtype([(f"field_number_{index:04}", "<i4") for index in range(3000)])
    array = np.zeros(2, dtype)
    array["field_number_0007"] = 5
    transport.put("key", array, format="numpy")
    same(array, transport.get("key"))


GOLDEN = Path(__file__).parent.parent / "fixtures" / "npy"
ROWS = json.loads((GOLDEN / "table.json").read_text())


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_golden_files_are_what_the_table_says(row: dict[str, Any]) -> None:
    payload = (GOLDEN / row["file"]).read_bytes()
    if row["status"] != "ok" and row.get("python") != "reads":
        with pytest.raises((ValueError, SyntaxError, TypeError)):
            _npy.decode(payload, False)
        return
    found = _npy.decode(payload, False)
    if row["status"] == "ok":
        assert list(found.shape) == row["shape"]
        assert found.dtype.itemsize == row["itemsize"]
        if row["numbers"] is not None:
            assert found.ravel(order="K").astype("f8").tolist() == row["numbers"]


def test_golden_files_are_what_their_script_writes() -> None:
    script = GOLDEN.parent / "make_arrays.py"
    subprocess.run([sys.executable, script, "--check"], check=True)
