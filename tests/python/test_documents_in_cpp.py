"""Random documents that Python writes, C++ reads and writes anew, and Python reads again."""

from __future__ import annotations

from typing import Any

import dishtayantra_test_natives as natives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_segments import arrays, dtypes, same

from dishtayantra_lmdb import LMDBTransport

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)

# A float64 scalar is a float of Python's as well, and comes back as that.
numpy_scalars = hnp.arrays(dtypes, ()).map(lambda array: array[()]).filter(lambda scalar: not isinstance(scalar, float))
leaves = (
    arrays
    | numpy_scalars
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.text(max_size=70)
    | st.binary(max_size=300)
    | st.none()
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=40), inner, max_size=20),
    max_leaves=25,
)


def payload_of(transport: LMDBTransport, key: str) -> bytes:
    raw = transport.get_raw(key)
    assert raw is not None
    return bytes(raw[0])


@RELAXED
@given(value=documents, pack_lists=st.booleans())
def test_documents_come_back_from_cpp_as_they_went(transport: LMDBTransport, value: Any, pack_lists: bool) -> None:
    transport.put("from", value, format="msgpack", pack_lists=pack_lists)
    natives.copy_document(transport.get_db_path(), "from", "to")
    same(transport.get("from"), transport.get("to"))
    # Both write each value in the same one of the encodings that MessagePack has for it.
    assert payload_of(transport, "to") == payload_of(transport, "from")


@RELAXED
@given(value=documents)
def test_documents_are_what_was_put_after_the_way_through_cpp(transport: LMDBTransport, value: Any) -> None:
    transport.put("from", value, format="msgpack")
    natives.copy_document(transport.get_db_path(), "from", "to")
    same(value, transport.get("to"))
    same(value, transport.get("to", copy=True))
