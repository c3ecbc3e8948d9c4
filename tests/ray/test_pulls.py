"""Payloads of other nodes come to a node once, whoever asks there, and no wait is without an end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from clusters import MAP_SIZE, Nodes, get, until

from dishtayantra_lmdb import LMDBTimeoutError, MapFullError, TooLargeError
from dishtayantra_lmdb.ray import SharedPayload, _node, from_ref, share, share_loan

PROCESSES, THREADS = 4, 4
ITEMS = 1 << 17
TOTAL = 1.5 * ITEMS


def made(kind: str, nodes: Nodes) -> SharedPayload:
    """A payload that is not on nodes b, c and d."""
    value = np.full(ITEMS, 1.5)
    return share(value) if kind == "share" else from_ref(ray.put(value))


@pytest.mark.parametrize("kind", ["share", "from_ref"])
def test_four_processes_with_four_threads_each_pull_once(nodes: Nodes, kind: str) -> None:
    workers = [nodes.worker("b") for _ in range(PROCESSES)]
    get([worker.pid.remote() for worker in workers])
    for _ in range(5):
        payload = made(kind, nodes)
        found = get([worker.sums.remote(payload, THREADS) for worker in workers])
        assert found == [[TOTAL] * THREADS] * PROCESSES
        counts = get([worker.pull_count.remote(payload.key) for worker in workers])
        assert sum(counts) == 1, counts
        assert payload.value().sum() == TOTAL
    del payload
    nodes.empties()


def test_what_came_while_the_lock_was_taken_is_not_pulled_again(nodes: Nodes) -> None:
    """Between the look that found nothing and the lock another process may have pulled."""
    payload, reader = share(np.ones(1000)), nodes.worker("b")
    assert get(reader.sum.remote(payload)) == 1000
    assert get(reader.call.remote(_pulled_all_the_same, payload)) == payload.nbytes


def _pulled_all_the_same(payload: SharedPayload) -> int:
    def fetch(pull: Any) -> Any:
        raise AssertionError("it is there")

    return int(payload._pull(_node.current(), 5).run(fetch, 60).size)


@pytest.mark.parametrize("kind", ["share", "from_ref"])
def test_three_nodes_pull_once_each(nodes: Nodes, kind: str) -> None:
    workers = {name: [nodes.worker(name) for _ in range(2)] for name in "bcd"}
    payload = made(kind, nodes)
    everyone = [worker for two in workers.values() for worker in two]
    assert get([worker.sum.remote(payload) for worker in everyone]) == [TOTAL] * 6
    counts = {name: sum(get([one.pull_count.remote() for one in two])) for name, two in workers.items()}
    assert counts == {"b": 1, "c": 1, "d": 1}
    for name in "bcd":
        assert [key.startswith("pulled:") for key in nodes.keys(name)] == [True]
    del payload
    nodes.empties()


def test_on_its_own_node_nothing_is_pulled(nodes: Nodes) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("b")
    payload = get(maker.make.remote())
    assert payload.node_id == nodes.id("b")
    assert get(reader.sum.remote(payload)) == TOTAL
    assert get(reader.pull_count.remote()) == 0
    assert get(reader.entry.remote(get(reader.call.remote(SharedPayload.reference, payload)))) == TOTAL
    del payload
    nodes.empties()


@pytest.mark.parametrize("waits", [False, True], ids=["who pulls", "who waits for that"])
def test_a_pull_ends_in_time(nodes: Nodes, waits: bool) -> None:
    first, second, maker = nodes.worker("c"), nodes.worker("c"), nodes.worker("b")
    payload = get(maker.make.remote())
    get([first.pid.remote(), second.pid.remote()])
    with nodes.stopped("b"):
        slow = first.sum.remote(payload, 30)
        until(lambda: [one.state for one in get(first.pulls.remote())] == ["pulling"])
        if waits:
            late = second.sum.remote(payload, 1)
            [status] = until(lambda: get(second.pulls.remote()))
            assert (status.state, status.key, status.node_id) == ("waiting", payload.key, nodes.id("b"))
        else:
            late = nodes.worker("d").sum.remote(payload, 1)
        with pytest.raises(LMDBTimeoutError, match=f"{payload.key}' of node {nodes.id('b')} .*within 1 s"):
            get(late)
    assert get(slow) == TOTAL
    assert get(second.pulls.remote()) == []
    del payload, slow, late
    nodes.empties()


def test_whoever_waits_takes_over_when_the_process_that_pulls_is_killed(nodes: Nodes) -> None:
    first, second, maker = nodes.worker("c"), nodes.worker("c"), nodes.worker("b")
    payload, pid = get(maker.make.remote()), get(first.pid.remote())
    with nodes.stopped("b"):
        killed = first.sum.remote(payload)
        until(lambda: [one.state for one in get(first.pulls.remote())] == ["pulling"])
        waiting = second.sum.remote(payload)
        until(lambda: [one.state for one in get(second.pulls.remote())] == ["waiting"])
        os.kill(pid, signal.SIGKILL)
        until(lambda: [one.state for one in get(second.pulls.remote())] == ["pulling"])
    with pytest.raises(ray.exceptions.ActorDiedError):
        get(killed)
    assert get(waiting) == TOTAL
    assert get(second.pull_count.remote()) == 1
    del payload, killed, waiting
    nodes.empties()


def exporters(raylet: int) -> list[int]:
    """The processes of a node that export a payload at this moment."""
    children = [pid for file in Path(f"/proc/{raylet}/task").glob("*/children") for pid in file.read_text().split()]
    # What a process is called is empty when it has ended.
    return [int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_export")]


def test_an_object_of_rays_comes_though_the_node_of_its_handle_does_not_answer(nodes: Nodes) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("c")
    payload = get(maker.call.remote(_of_small))
    get(reader.pid.remote())
    with nodes.stopped("b"):
        assert get(reader.sum.remote(payload, 30)) == 1000
    # It is told of the copy once it answers, and deletes that with the last handle.
    until(lambda: nodes.keys("b"))
    del payload
    nodes.empties()


def _of_small() -> SharedPayload:
    """A handle of what its owner's process has, whatever becomes of the node's raylet."""
    ref = ray.remote(num_cpus=0)(lambda: np.ones(1000)).remote()
    ray.wait([ref], timeout=60)
    return from_ref(ref)


def test_an_export_is_done_again_when_its_process_is_killed(nodes: Nodes) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("c")
    get([maker.pid.remote(), reader.pid.remote()])
    size = 12 << 20
    for _ in range(10):
        payload = get(maker.make.remote(size))
        total = reader.sum.remote(payload)
        killed = False
        while not killed and not ray.wait([total], timeout=0)[0]:
            for pid in exporters(nodes.raylet("b")):
                os.kill(pid, signal.SIGKILL)
                killed = True
        assert get(total) == 1.5 * size
        assert get(reader.pull_count.remote(payload.key)) == 1
        del payload, total
        nodes.empties()
        if killed:
            return
    pytest.fail("no export took long enough to be killed")


def test_a_full_store_gives_up_its_copies(nodes: Nodes) -> None:
    """Those that came first; what is looked at stays valid."""
    maker, reader = nodes.worker("b", max_concurrency=1), nodes.worker("c")
    size = MAP_SIZE // 8 // 5
    payloads = [get(maker.make.remote(size, value)) for value in range(1, 5)]
    assert get(reader.hold.remote(payloads[0])) == size
    for value, payload in enumerate(payloads, 1):
        assert get(reader.sum.remote(payload)) == value * size
    more = share(np.full(size, 5.0))
    last = share(np.full(size, 6.0))
    assert get([reader.sum.remote(one) for one in (more, last)]) == [5 * size, 6 * size]
    assert get(reader.held_sum.remote()) == size
    assert len(nodes.keys("c")) < 6
    get(reader.keep.remote())
    del payload, payloads, more, last
    nodes.empties()


def test_where_there_is_no_room_the_value_is_rays(nodes: Nodes) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("d")
    room = MAP_SIZE * 7 // 10
    filled = get(reader.make.remote(room // 8))
    payload = get(maker.make.remote(MAP_SIZE // 2 // 8))
    assert get(reader.sum.remote(payload)) == 1.5 * (MAP_SIZE // 2 // 8)
    assert get(reader.pull_count.remote()) == 0
    with pytest.raises(MapFullError, match="full"):
        get(reader.call.remote(SharedPayload.reference, payload))
    with pytest.raises(MapFullError, match="full"):
        get(reader.make.remote(room // 8))
    of_ray = from_ref(ray.put(np.full(MAP_SIZE // 2 // 8, 2.0)))
    assert get(reader.sum.remote(of_ray)) == MAP_SIZE // 8
    del filled, payload, of_ray
    nodes.empties()


def test_a_store_that_is_full_to_the_last_byte_is_read(nodes: Nodes) -> None:
    """Also by processes that come later, and from other nodes."""
    first = share(np.ones(ITEMS))
    here, other = nodes.worker("a"), nodes.worker("b")
    get(here.fill.remote())
    with pytest.raises(MapFullError):
        share(1)
    assert get([nodes.worker("a").sum.remote(first), other.sum.remote(first)]) == [ITEMS, ITEMS]
    assert get(other.pull_count.remote()) == 1


def test_of_what_a_full_store_has_there_are_references(nodes: Nodes) -> None:
    """Nothing is written for them, and no copy has to go."""
    beside, own, copy = nodes.worker("a"), share(np.full(ITEMS, 1.5)), get(nodes.worker("b").make.remote())
    assert get([beside.sum.remote(own), beside.sum.remote(copy)]) == [TOTAL, TOTAL]
    get(beside.fill.remote())
    before = nodes.keys("a")
    for payload in (own, copy):
        # A process that has made no reference yet.
        late = nodes.worker("a")
        assert get(late.entry.remote(get(late.call.remote(SharedPayload.reference, payload)))) == TOTAL
        assert nodes.keys("a") == before


@pytest.mark.parametrize("call", [share, share_loan])
def test_for_what_no_store_can_hold_no_copy_has_to_go(nodes: Nodes, call: Any) -> None:
    payload = get(nodes.worker("b").make.remote())
    assert payload.value().sum() == TOTAL
    before = nodes.keys("a")
    with pytest.raises((MapFullError, TooLargeError)):
        call(np.zeros(MAP_SIZE + 1, "u1") if call is share else MAP_SIZE + 1)
    assert nodes.keys("a") == before


def test_what_is_deleted_while_it_is_pulled_leaves_no_copy(nodes: Nodes, tmp_path: Path) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("c")
    payload, fetched, deleted = get(maker.make.remote()), tmp_path / "fetched", tmp_path / "deleted"
    pulling = reader.call.remote(_pulled_slowly, payload, fetched, deleted)
    until(fetched.exists)
    payload.delete()
    # Time for node c to delete its copy, did it not wait for the pull.
    get(nodes.worker("c").pid.remote())
    time.sleep(1)
    deleted.touch()
    assert get(pulling) == payload.nbytes
    nodes.empties()


def _pulled_slowly(payload: SharedPayload, fetched: Path, go_on: Path) -> int:
    """A pull that has the payload, and stores it once a file is there."""

    def fetch(pull: Any) -> Any:
        encoded = payload._fetch(pull)
        fetched.touch()
        until(go_on.exists)
        return encoded

    return int(payload._pull(_node.current(), 60).run(fetch, 300).size)


def test_while_its_producer_lives_a_payload_does_not_expire_nor_a_copy_that_is_used(nodes: Nodes) -> None:
    maker, beside, reader = nodes.worker("b"), nodes.worker("b"), nodes.worker("c")
    get([beside.pid.remote(), reader.pid.remote()])
    payload = get(maker.make.remote(ttl=4))
    end = time.monotonic() + 9
    while time.monotonic() < end:
        assert get(reader.sum.remote(payload)) == TOTAL
        time.sleep(0.1)
    assert get(reader.pull_count.remote()) == 1
    assert get(beside.sum.remote(payload)) == TOTAL
    del payload
    nodes.empties()


def test_a_handle_that_nobody_opened_for_long_is_pulled_anew(nodes: Nodes) -> None:
    maker, reader = nodes.worker("b"), nodes.worker("c")
    payload: Any = get(maker.make.remote(ttl=1))
    for count in (1, 2):
        assert get(reader.sum.remote(payload)) == TOTAL
        assert get(reader.pull_count.remote()) == count
        time.sleep(2)
    del payload
    nodes.empties()
