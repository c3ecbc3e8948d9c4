"""Handles: what they hold, how they travel, and how they do not."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import ray
from clusters import Nodes, empties, get, keys

from dishtayantra_lmdb import FormatError, StoreClosedError, resolve
from dishtayantra_lmdb.errors import ConfigError, InvalidArgumentError
from dishtayantra_lmdb.ray import NotOnNodeError, SharedPayload, from_ref, share, share_async, share_loan, store_path

VALUES: dict[str, Any] = {
    "array": np.arange(100_000.0).reshape(100, 1000),
    "bytes": bytes(range(256)) * 100,
    "text": "ä" * 10_000,
    "nothing": None,
    "small": {"a": (1, 2.5, {3}), "when": datetime(2026, 11, 29, tzinfo=timezone.utc)},
    "nested": {"rows": [{"x": i, "y": str(i)} for i in range(500)], "array": np.arange(1000, dtype="f4")},
    "frame": pd.DataFrame({"px": np.arange(1000) / 4, "venue": ["XNYS", "XLON"] * 500}),
}


def same(found: Any, value: Any) -> bool:
    if isinstance(value, dict):
        return found.keys() == value.keys() and all(same(found[key], value[key]) for key in value)
    if isinstance(value, np.ndarray):
        return found.dtype == value.dtype and np.array_equal(found, value)
    if isinstance(value, pd.DataFrame):
        return value.equals(found)
    return type(found) is type(value) and found == value


@pytest.mark.parametrize("name", VALUES)
def test_every_value_comes_back_as_itself(nodes: Nodes, name: str) -> None:
    value, reader = VALUES[name], nodes.worker("b")
    for payload in (share(value), from_ref(ray.put(value))):
        assert same(payload.value(), value)
        assert same(get(reader.call.remote(SharedPayload.value, payload)), value)


@pytest.mark.parametrize("format", ["json", "msgpack", "numpy", "arrow", "raw"])
def test_formats(nodes: Nodes, format: str) -> None:
    value = {"a": 1} if format in ("json", "arrow") else b"x" * 100 if format == "raw" else np.arange(10)
    with share(value, format=format).view() as view:
        assert view.format.value == ("msgpack" if format == "arrow" else format)
    with pytest.raises(FormatError, match="there is no format 'csv'"):
        share(value, format="csv")


def test_a_handle_tells_of_its_payload(nodes: Nodes) -> None:
    payload = share(b"x" * 5000)
    assert payload.nbytes == 5000
    assert payload.node_id == ray.get_runtime_context().get_node_id()
    assert repr(payload) == f"<SharedPayload {payload.key} of node {payload.node_id[:8]}: 5,000 bytes>"
    of_ray = from_ref(ray.put(b"x" * 5000))
    assert of_ray.nbytes is None
    assert of_ray.value() == b"x" * 5000
    assert of_ray.nbytes == 5000


def test_views_and_references_are_in_place_on_every_node(nodes: Nodes) -> None:
    value, reader = np.arange(100_000.0), nodes.worker("b")
    for payload in (share(value), from_ref(ray.put(value))):
        with payload.view() as view:
            assert np.shares_memory(view.array(), payload.value())
            assert not view.array().flags.writeable
        reference = payload.reference()
        assert reference["_lmdb_db_path"] == store_path()
        assert np.shares_memory(resolve(reference), payload.value())
        there = get(reader.call.remote(SharedPayload.reference, payload))
        assert there["_lmdb_db_path"] == get(reader.store.remote()) != store_path()
        assert get(reader.entry.remote(there)) == value.sum()


def test_a_reference_does_not_lead_to_what_came_under_its_key_later(nodes: Nodes) -> None:
    from dishtayantra_lmdb import LMDBTransport

    payload = share(np.arange(10_000.0))
    reference = payload.reference()
    with LMDBTransport(store_path()) as transport:
        transport.put(payload.key, np.zeros(10_000))
    with pytest.raises(KeyError, match="replaced"):
        resolve(reference)
    with pytest.raises(KeyError, match="is lost"):
        payload.value()


def test_handles_travel_inside_of_other_values_and_keep_payloads_alive(nodes: Nodes) -> None:
    one, other = nodes.worker("b"), nodes.worker("c")
    payload = share(np.ones(1000))
    get(one.keep.remote([{"deep": payload}]))
    del payload

    def held(worker: Any) -> float:
        return worker

    assert any(keys(nodes.worker("a")))
    [[holder]] = [get(one.call.remote(_held, ray.get_runtime_context().get_node_id()))]
    assert get(other.sum.remote(holder)) == 1000
    get(one.keep.remote())
    del holder
    empties(nodes.worker("a"), one, other)


def _held(node_id: str) -> list[Any]:
    import gc

    return [found for found in gc.get_objects() if isinstance(found, SharedPayload) and found.node_id == node_id][:1]


def test_asynchronously(nodes: Nodes) -> None:
    async def main() -> None:
        payload = await share_async(np.arange(1000.0), ttl=60)
        assert (await payload.value_async()).sum() == 499_500
        assert resolve(await payload.reference_async(timeout=5)).sum() == 499_500
        with await payload.view_async() as view:
            assert view.array().sum() == 499_500

    asyncio.run(main())


def test_payloads_are_built_in_place(nodes: Nodes) -> None:
    with share_loan(8 * 1000, format="numpy") as loan:
        loan.array("f8")[:] = np.arange(1000.0)
        assert loan.size == 8000
        with pytest.raises(StoreClosedError, match="not published"):
            _ = loan.payload
    assert get(nodes.worker("b").sum.remote(loan.payload)) == 499_500
    with share_loan(10) as loan:
        loan.memory[:5] = b"hello"
        assert loan.publish(5).value() == b"hello"
    with pytest.raises(ZeroDivisionError), share_loan(10) as loan:
        1 / 0
    with pytest.raises(StoreClosedError, match="not published"):
        _ = loan.payload


@pytest.mark.parametrize("call", [lambda bad: share(1, ttl=bad), lambda bad: share_loan(1, ttl=bad)], ids=["share", "loan"])
@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), "soon", None, True])
def test_times_that_are_none_are_refused(nodes: Nodes, call: Any, bad: Any) -> None:
    with pytest.raises(ConfigError, match="ttl: .* allowed are seconds over 0"):
        call(bad)


def test_what_cannot_be_shared_is_refused(nodes: Nodes) -> None:
    with pytest.raises(FormatError, match="object"):
        share({"a": [object()]})
    with pytest.raises(InvalidArgumentError, match=r"type int; allowed: a ray.ObjectRef"):
        from_ref(1)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="is a handle already"):
        from_ref(ray.put(share(1))).value()


def test_a_copy_of_a_handle_is_the_handle(nodes: Nodes) -> None:
    payload = share(1)
    assert copy.copy(payload) is payload
    assert copy.deepcopy([payload])[0] is payload


def test_nothing_but_ray_serialises_a_handle(nodes: Nodes) -> None:
    payload = share(np.ones(1000))
    for dumps in (pickle.dumps, ray.cloudpickle.dumps):
        with pytest.raises(TypeError, match="pickled outside of Ray"):
            dumps([payload])

    @ray.remote(num_cpus=0)
    def caught() -> None:
        payload.value()

    with pytest.raises(TypeError, match="caught in a remote function"):
        caught.remote()
    del payload, caught
    empties(nodes.worker("a"))


CLIENT = """
import sys
import ray
from dishtayantra_lmdb.ray import NotOnNodeError, share

ray.init(sys.argv[1])
try:
    share(1)
except NotOnNodeError as error:
    print(error)

@ray.remote(num_cpus=0, resources={"b": 1})
def inside():
    return float(share([1.5]).value()[0])

@ray.remote(num_cpus=0, resources={"b": 1})
def make():
    return share(1.5)

@ray.remote(num_cpus=0, resources={"c": 1})
def take(payload):
    return payload.value()

print(ray.get(inside.remote()), ray.get(take.remote(make.remote())))
try:
    print(ray.get(make.remote()))
except TypeError as error:
    print("refused:", "outside of Ray" in str(error))
"""


def test_ray_client_is_refused_but_its_tasks_are_not(nodes: Nodes, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    log = ready.open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "ray.util.client.server", "--address", nodes.cluster.address, "--port", "0"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        pytest.fail(ready.read_text())
    finally:
        server.kill()
        server.wait()


def test_without_ray_it_says_so() -> None:
    code = """
import dishtayantra_lmdb, sys
assert "ray" not in sys.modules
from dishtayantra_lmdb.ray import NotOnNodeError, share
try:
    share(1)
except NotOnNodeError as error:
    assert "ray.init" in str(error), error
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_where_ray_is_not_installed_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["ray"] = None
try:
    import dishtayantra_lmdb.ray
except ImportError as error:
    assert "dishtayantra-lmdb[ray]" in str(error), error
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
