"""What fails, fails with the error that the pages say, in time; and what need not fail does not."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from clusters import PATIENCE, Nodes, get, until
from ray.exceptions import GetTimeoutError

from dishtayantra_lmdb.errors import EntryNotFoundError
from dishtayantra_lmdb.ray import PayloadLostError, SharedPayload, _leases, from_ref, reap, share

ITEMS = 1 << 17
TOTAL = 1.5 * ITEMS


def lost(payload: SharedPayload) -> Any:
    """That the error names node and key, and says what to do."""
    return pytest.raises(
        PayloadLostError, match=rf"(?s){payload.key}' of node {payload.node_id} is lost: .*from_ref\(ObjectRef\)"
    )


def test_of_a_producer_that_is_killed_the_payload_outlives_it_by_its_time_to_live(nodes: Nodes) -> None:
    maker, beside, other = nodes.worker("b"), nodes.worker("b"), nodes.worker("c")
    pid = get(maker.pid.remote())
    get([beside.pid.remote(), other.pid.remote()])
    payload = get(maker.make.remote(ttl=8))
    os.kill(pid, signal.SIGKILL)
    assert get([other.sum.remote(payload), beside.sum.remote(payload)]) == [TOTAL, TOTAL]
    until(lambda: not nodes.keys("b"))
    for worker in (beside, nodes.worker("d")):
        with lost(payload) as failure:
            get(worker.sum.remote(payload))
        assert isinstance(failure.value, ray.exceptions.ObjectLostError)
        assert isinstance(failure.value, EntryNotFoundError)
        assert (failure.value.node_id, failure.value.key) == (payload.node_id, payload.key)
    nodes.empties()


def test_where_ray_does_not_tell_of_the_last_handle_a_payload_has_its_time_to_live(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with releases of Ray without the call, which is private."""
    monkeypatch.setattr(_leases, "_hook", lambda: None)
    payload, of_ray = share(np.ones(ITEMS), ttl=3), from_ref(ray.put(np.ones(ITEMS)), ttl=3)
    reader = nodes.worker("c")
    assert get([reader.sum.remote(payload), reader.sum.remote(of_ray)]) == [ITEMS, ITEMS]
    until(lambda: not nodes.keys())
    with lost(payload):
        get(reader.sum.remote(payload))
    assert get(reader.sum.remote(of_ray)) == ITEMS


def test_a_producer_that_is_stopped_for_longer_loses_its_payload(nodes: Nodes) -> None:
    maker, beside = nodes.worker("b"), nodes.worker("b")
    pid = get(maker.pid.remote())
    payload = get(maker.make.remote(ttl=2))
    get(beside.pid.remote())
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: not nodes.keys("b"))
    finally:
        os.kill(pid, signal.SIGCONT)
    with lost(payload):
        get(beside.sum.remote(payload))
    assert get(maker.sum.remote(get(maker.make.remote()))) == TOTAL


def test_what_is_deleted_is_gone_everywhere_but_for_who_looks_at_it(nodes: Nodes) -> None:
    maker, one, other = nodes.worker("b"), nodes.worker("c"), nodes.worker("d")
    payload = get(maker.make.remote())
    assert get([one.hold.remote(payload), other.sum.remote(payload)]) == [TOTAL, TOTAL]
    payload.delete()
    payload.delete()
    nodes.empties()
    for worker in (maker, one, other):
        with lost(payload):
            get(worker.sum.remote(payload))
    with lost(payload):
        payload.value()
    assert get(one.held_sum.remote()) == TOTAL


def test_a_consumer_that_ray_runs_again_sees_the_error_each_time(nodes: Nodes, tmp_path: Path) -> None:
    payload = share(np.zeros(ITEMS))
    payload.delete()
    runs = tmp_path / "runs"

    @ray.remote(num_cpus=0, max_retries=3, retry_exceptions=[PayloadLostError], resources={"c": 1})
    def consume(payload: SharedPayload) -> float:
        with runs.open("a") as file:
            file.write("x")
        return float(payload.value().sum())

    with lost(payload):
        get(consume.remote(payload))
    assert runs.read_text() == "xxxx"


def test_ray_makes_a_payload_anew_by_running_its_producer_again(nodes: Nodes, tmp_path: Path) -> None:
    """A producer whose process is killed: the handle that it did not get to return is another."""
    runs = tmp_path / "runs"

    @ray.remote(num_cpus=0, max_retries=3, resources={"b": 1})
    def make() -> SharedPayload:
        with runs.open("a") as file:
            file.write("x")
        payload = share(np.full(ITEMS, 1.5))
        if runs.read_text() == "x":
            os.kill(os.getpid(), signal.SIGKILL)
        return payload

    assert get(nodes.worker("c").sum.remote(make.remote())) == TOTAL
    assert runs.read_text() == "xx"


def test_an_object_of_rays_is_made_anew_when_its_node_is_removed(nodes: Nodes, tmp_path: Path) -> None:
    nodes.have("e")
    runs = tmp_path / "runs"

    @ray.remote(num_cpus=0, max_retries=3, resources={"e": 1})
    def make() -> Any:
        with runs.open("a") as file:
            file.write("x")
        return np.full(ITEMS, 1.5)

    here, elsewhere = nodes.worker("c"), nodes.worker("d")
    get([here.pid.remote(), elsewhere.pid.remote()])
    refs = [make.remote(), make.remote()]
    payload, alone = map(from_ref, refs)
    ray.wait(refs, num_returns=2, timeout=60, fetch_local=False)
    assert get(here.sum.remote(payload)) == TOTAL
    nodes.remove("e")
    assert get(here.sum.remote(payload)) == TOTAL
    assert runs.read_text() == "xx"
    nodes.have("e")
    assert get(elsewhere.sum.remote(alone)) == TOTAL
    assert runs.read_text() == "xxx"
    del refs, payload, alone
    nodes.empties()


def test_of_a_node_that_is_removed_copies_are_left(nodes: Nodes) -> None:
    nodes.have("e")
    maker, with_copy, without = nodes.worker("e"), nodes.worker("c"), nodes.worker("d")
    payload, alone = get([maker.make.remote(), maker.make.remote()])
    store = Path(get(maker.store.remote())).parent
    assert get(with_copy.hold.remote(payload)) == TOTAL
    assert store.exists()
    nodes.remove("e")
    began = time.monotonic()
    with lost(alone):
        get(without.sum.remote(alone))
    with lost(payload):
        get(without.sum.remote(payload))
    with lost(alone):
        alone.value()
    assert get([with_copy.sum.remote(payload), with_copy.held_sum.remote()]) == [TOTAL, TOTAL]
    # Nobody waited for the node, as Ray's health check does.
    assert time.monotonic() - began < 30
    # Nobody but its node knows who else has one; this node does.
    get(with_copy.call.remote(SharedPayload.delete, payload))
    nodes.empties()
    # Its workers end when they see that it is gone.
    until(lambda: reap() or not store.exists())
    assert not store.exists()
    assert Path(get(without.store.remote())).exists()


@pytest.mark.parametrize(
    ("makes", "kind", "why"),
    [
        (ArithmeticError("no figures today"), ArithmeticError, "no figures today"),
        # What asking for an object raises as well, as long as it is not there.
        (GetTimeoutError("its own input is late"), GetTimeoutError, "its own input is late"),
        (lambda: None, ValueError, "function"),
    ],
    ids=["fails", "waits in vain", "makes what no store holds"],
)
def test_errors_of_tasks_are_rays(nodes: Nodes, makes: Any, kind: type[Exception], why: str) -> None:
    @ray.remote(num_cpus=0)
    def make() -> Any:
        if isinstance(makes, Exception):
            raise makes
        return makes

    with pytest.raises(kind, match=why):
        get(nodes.worker("c").sum.remote(from_ref(make.remote()), PATIENCE / 2))


def test_an_object_that_never_comes_ends_in_time(nodes: Nodes) -> None:
    @ray.remote(num_cpus=0, resources={"nowhere": 1})
    def make() -> None: ...

    payload = from_ref(make.remote())
    with pytest.raises(TimeoutError, match=r"within 1 s .* it was pulling"):
        payload.value(timeout=1)
