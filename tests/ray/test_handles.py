"""Handles: what they hold, how they travel, and how they do not."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
import ray
from clusters import PATIENCE, Nodes, get

from dishtayantra_lmdb import FormatError, StoreClosedError, resolve
from dishtayantra_lmdb.errors import ConfigError, InvalidArgumentError
from dishtayantra_lmdb.ray import PayloadLostError, SharedPayload, from_ref, share, share_async, share_loan, store_path

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

    assert nodes.keys("a")
    [holder] = get(one.call.remote(_held, ray.get_runtime_context().get_node_id()))
    assert get(other.sum.remote(holder)) == 1000
    get(one.keep.remote())
    del holder
    nodes.empties()


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
        raise ZeroDivisionError
    with pytest.raises(StoreClosedError, match="not published"):
        _ = loan.payload


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), 1e10, "soon", None, True])
def test_times_that_are_none_are_refused(nodes: Nodes, bad: Any) -> None:
    for call, given in ((share, 1), (share_loan, 1), (from_ref, ray.put(1))):
        with pytest.raises(ConfigError, match=r"ttl: .* allowed are seconds over 0 up to 9223372036\b"):
            call(given, ttl=bad)
    assert share(1, ttl=9_223_372_036).value() == 1


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


def test_a_handle_that_was_pickled_holds_nothing(nodes: Nodes) -> None:
    """By pickle, or caught in a remote function: it opens what is there, for the sake of the handle it was made of."""
    reader = nodes.worker("b")
    for dumps in (pickle.dumps, ray.cloudpickle.dumps):
        payload = share(np.ones(1000))
        pickled = dumps(payload)
        assert get(reader.call.remote(_opened, pickled)) == 1000
        caught = _catching(payload)
        assert get(caught.remote()) == 1000
        del payload, caught
        nodes.empties()
        with pytest.raises(PayloadLostError):
            get(reader.call.remote(_opened, pickled))


def test_a_pickled_handle_of_an_object_of_rays_opens_copies_alone(nodes: Nodes) -> None:
    reader, payload = nodes.worker("b"), from_ref(ray.put(np.ones(1000)))
    pickled = pickle.dumps(payload)
    with pytest.raises(PayloadLostError, match="pickled outside of Ray"):
        get(reader.call.remote(_opened, pickled))
    assert get(reader.sum.remote(payload)) == get(reader.call.remote(_opened, pickled)) == 1000


def _catching(payload: SharedPayload) -> Any:
    @ray.remote(num_cpus=0, resources={"c": 1})
    def caught() -> float:
        return float(payload.value().sum())

    return caught


def _opened(pickled: bytes) -> float:
    return float(pickle.loads(pickled).value().sum())


def test_a_handle_is_small(nodes: Nodes) -> None:
    payload = share(np.ones(1_000_000))
    assert len(pickle.dumps(payload)) < 400


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
made = make.remote()
handle = ray.get(made)
try:
    handle.value()
except NotOnNodeError:
    print("refused", ray.get(take.remote(handle)))
"""


def test_ray_client_is_refused_but_its_tasks_are_not(nodes: Nodes) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = nodes.cluster.address
    server = [sys.executable, "-m", "ray.util.client.server", "--mode", "specific-server", "--host", "127.0.0.1"]
    with subprocess.Popen([*server, "--port", str(port), "--address", address]) as process:
        try:
            client = [sys.executable, "-c", CLIENT, f"ray://127.0.0.1:{port}"]
            done = subprocess.run(client, capture_output=True, text=True, timeout=60)
        finally:
            process.kill()
    assert done.returncode == 0, done.stderr
    refused, inside, back = done.stdout.splitlines()
    assert refused.startswith("this process uses Ray Client")
    assert inside == "1.5 1.5"
    assert back == "refused 1.5"


def test_a_forked_process_is_refused(nodes: Nodes) -> None:
    """Of Ray nothing but locks that nobody frees came along."""
    payload = share(np.ones(1000))
    calls = {"share": lambda: share(1), "value": payload.value, "delete": payload.delete, "store_path": store_path}
    from_child, to_parent = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(to_parent, json.dumps({name: _failure(call) for name, call in calls.items()}).encode())
        finally:
            os._exit(0)
    os.close(to_parent)
    try:
        assert select.select([from_child], [], [], PATIENCE)[0], "it hangs"
        said = json.loads(os.read(from_child, 1 << 16))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(from_child)
    assert said.keys() == calls.keys()
    for name, text in said.items():
        assert text.startswith("NotOnNodeError: this process was forked from one that uses Ray"), name
    assert payload.value().sum() == 1000


def _failure(call: Callable[[], object]) -> str:
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it went well"


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
