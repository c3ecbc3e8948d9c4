"""Long lists of numbers as segments, and lists again when they are read."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import lists_in_python
import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dishtayantra_lmdb import ConfigError, LMDBTransport, wrap_with_lmdb

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)

numbers = (
    st.lists(st.floats(), max_size=3)
    | st.lists(st.integers(-(2**63), 2**64 - 1), max_size=3)
    | st.lists(st.integers(-200, 200), max_size=3)
    | st.lists(st.integers() | st.floats() | st.booleans(), max_size=4)
)
long_lists = st.tuples(numbers, st.integers(0, 120)).map(lambda made: made[0] * made[1])
values = st.recursive(
    long_lists | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def stored(transport: LMDBTransport, value: Any) -> tuple[Any, bytes]:
    """What comes back of a packed payload, and its bytes."""
    transport.put("key", value, pack_lists=True)
    raw = transport.get_raw("key")
    assert raw is not None
    return transport.get("key"), bytes(raw[0])


def typed(value: Any) -> Any:
    """``value`` with types, and floats by their bits."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), struct.pack("d", value) if isinstance(value, float) else value


@RELAXED
@given(value=values)
def test_lists_come_back_as_they_were(transport: LMDBTransport, value: Any) -> None:
    back, payload = stored(transport, value)
    assert typed(back) == typed(value)
    transport.put("plain", value)
    plain = transport.get_raw("plain")
    assert plain is not None
    assert len(payload) <= len(plain[0])


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([0.5] * 100, "f8"),
        ([200] * 100, "u1"),
        ([-100] * 100, "i1"),
        ([300, 301] * 100, "u2"),
        ([-300, 301] * 100, "i2"),
        ([70_000] * 100, "u4"),
        ([-70_000] * 100, "i4"),
        ([2**40] * 100, "u8"),
        ([-(2**40), 1 << 50] * 100, "i8"),
        ([2**64 - 1] * 100, "u8"),
        ([[1.5, 2.5]] * 50, "f8"),
        ([[[300, -300]] * 5] * 20, "i2"),
    ],
)
def test_the_narrowest_dtype_is_taken(transport: LMDBTransport, value: Any, dtype: str) -> None:
    back, payload = stored(transport, {"a": [value]})
    assert back == {"a": [value]}
    assert len(payload) <= len(msgpack.packb({"a": [value]}))
    array = transport.get("key", arrays="ndarray")["a"]
    array = array[0] if isinstance(array, list) else array.reshape(np.shape(value))
    assert array.dtype == dtype
    assert array.tolist() == value
    assert not array.flags.writeable
    assert transport.get("key", arrays="ndarray", copy=True)["a"][0] is not None


@pytest.mark.parametrize(
    "value",
    [
        [1] * 1000,
        [1.0, 2] * 100,
        [True] * 100,
        [2**64] * 2,
        [-1, 2**63] * 100,
        [1.5] * 20,
        [[1.0], [1.0, 2.0]],
        ["x"] * 100,
        [],
        [[]] * 100,
    ],
)
def test_what_gains_nothing_stays_a_list(transport: LMDBTransport, value: Any) -> None:
    back, payload = stored(transport, value)
    assert back == value
    assert payload == msgpack.packb(value) if value != [2**64] * 2 else True


def test_put_packs_only_when_asked(transport: LMDBTransport) -> None:
    transport.put("key", [0.5] * 1000)
    raw = transport.get_raw("key")
    assert raw is not None
    assert bytes(raw[0]) == msgpack.packb([0.5] * 1000)


def test_nothing_is_changed_in_place(transport: LMDBTransport) -> None:
    inner = [0.5] * 1000
    value = {"a": [inner, "x"], "b": (inner, {"c": inner})}
    back, _ = stored(transport, value)
    assert back == {"a": [inner, "x"], "b": [inner, {"c": inner}]}
    assert value["a"][0] is inner
    assert type(value["b"]) is tuple


def test_other_arrays_setting_is_refused(transport: LMDBTransport) -> None:
    with pytest.raises(ConfigError, match="'ndarray'"):
        transport.get("key", arrays="list")


def test_golden_lists_are_written_in_the_same_form(transport: LMDBTransport) -> None:
    golden = (Path(__file__).parents[1] / "fixtures" / "documents" / "lists.msgpack").read_bytes()
    transport._ready().put(b"default", b"key", [golden], (2, 0, 0, b"", b"", b""))
    value = transport.get("key")
    assert value["floats"] == [index / 8 for index in range(40)]
    assert stored(transport, value)[0] == value


@pytest.mark.parametrize("arrays", ["asis", "ndarray"])
@pytest.mark.parametrize("materialise", [False, True])
def test_the_wrapper_packs_lists(store_path: str, arrays: str, materialise: bool) -> None:
    kinds = []

    def double(data: Any) -> Any:
        # A callable that knows references.
        payload = resolve(data)
        kinds.append(type(payload["values"]))
        return {"values": [item * 2 for item in payload["values"]], "array": np.asarray(payload["values"])}

    settings_ = {
        "lmdb_enabled": True,
        "lmdb_db_path": store_path,
        "lmdb_map_size": 64 << 20,
        "lmdb_min_size": 100,
        "lmdb_arrays": arrays,
        "lmdb_materialise": materialise,
        "lmdb_exchange_mode": "reference",
    }
    wrapped = wrap_with_lmdb(double, settings_, "double")
    with LMDBTransport.get_instance(store_path) as transport:

        def resolve(data: Any) -> Any:
            return transport.resolve(data)

        reference = wrapped.calculate({"values": [0.5, 1.5] * 1000})
        result = wrapped._answers.resolved(reference)
    assert type(result["values"]) is (np.ndarray if arrays == "ndarray" else list)
    assert list(result["values"]) == [1.0, 3.0] * 1000
    assert result["array"].flags.writeable is materialise
    wrapped.close()


def test_lists_are_packed_from_the_length_that_the_header_says() -> None:
    header = Path(__file__).resolve().parents[2] / "include" / "dishtayantra_lmdb.h"
    found = re.search(r"#define DY_LMDB_LIST_SEGMENT_MIN (\d+)", header.read_text())
    assert found
    assert int(found[1]) == lists_in_python._LONG
