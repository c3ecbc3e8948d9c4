"""Stores lie apart by session and node, and are removed when their node is gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clusters import MAP_SIZE, Nodes, get, until

from dishtayantra_lmdb.errors import ConfigError
from dishtayantra_lmdb.ray import configure, reap, share, store_path


def test_each_node_has_its_own(nodes: Nodes) -> None:
    stores = {name: Path(get(nodes.worker(name).store.remote())) for name in "abc"}
    assert len(set(stores.values())) == 3
    for name, store in stores.items():
        assert store.parent.name.startswith("session_")
        assert store.parent.name.endswith(nodes.id(name))
        assert store.parent.stat().st_mode & 0o777 == 0o700
    assert store_path() == str(stores["a"])
    transport = get(nodes.worker("a").call.remote(_limit))
    assert transport == MAP_SIZE


def _limit() -> int:
    from dishtayantra_lmdb import LMDBTransport

    with LMDBTransport(store_path()) as transport:
        return int(transport.stats()["map"]["limit"])


PROGRAM = """
import sys
import ray
from dishtayantra_lmdb.ray import share, store_path
for _ in range(2):
    ray.init("local", num_cpus=1, include_dashboard=False, object_store_memory=80 << 20, log_to_driver=False)
    payload = share(bytes(1 << 20))
    assert len(payload.value()) == 1 << 20
    print(store_path(), flush=True)
    sys.stdin.readline()
    kept = payload
    ray.shutdown()
"""


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """Another program of this machine, with a cluster of its own; a line, and it has another one."""
    program = [sys.executable, "-c", PROGRAM]
    process = subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_of_another_cluster_a_store_is_removed_when_it_has_ended(nodes: Nodes, other: subprocess.Popen[str]) -> None:
    assert other.stdin
    assert other.stdout
    first = Path(other.stdout.readline().strip()).parent
    assert (first / "store" / "data.mdb").exists()
    assert str(first) not in reap()
    # A program that starts Ray again has another store, and removes the first one as it opens that: its node has ended.
    other.stdin.write("\n")
    other.stdin.flush()
    second = Path(other.stdout.readline().strip()).parent
    assert second != first
    assert [first.exists(), second.exists()] == [False, True]
    os.killpg(other.pid, signal.SIGKILL)
    other.wait()
    assert until(lambda: reap() or not second.exists()) == [str(second)]
    assert not second.exists()


def made(place: Path, raylet: str, mounts: int | None = None) -> Path:
    """What a node leaves."""
    (place / "store").mkdir(parents=True)
    (place / "in_use").touch()
    mounts = os.stat("/proc/self/ns/mnt").st_ino if mounts is None else mounts
    said = {"session": "session_of_others", "node_id": place.name, "raylet": raylet, "mounts": mounts}
    (place / "node.json").write_text(json.dumps(said))
    return place


def test_nothing_is_removed_that_may_be_needed(nodes: Nodes, directory: str, tmp_path: Path) -> None:
    root, listening, dead = Path(directory), str(tmp_path / "listening"), str(tmp_path / "dead")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as ended:
        server.bind(listening)
        server.listen()
        ended.bind(dead)
        ended.close()
        kept = [
            made(root / "lives", listening),
            made(root / "of-other-mounts", dead, mounts=1),
            made(root / "in-use", dead),
            made(root / "damaged", dead),
        ]
        (kept[3] / "node.json").write_text("{")
        gone = [made(root / "refused", dead), made(root / "nowhere", str(tmp_path / "nowhere"))]
        (root / ".going-half").mkdir()
        with (kept[2] / "in_use").open() as file:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_SH)
            assert sorted(reap()) == sorted(map(str, gone))
        assert [place.exists() for place in (*kept, *gone)] == [True] * 4 + [False] * 2
        assert not (root / ".going-half").exists()
        done = subprocess.run(
            [sys.executable, "-m", "dishtayantra_lmdb.ray"], capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout == f"{kept[2]}\n"
    assert reap() == [str(kept[0])]
    for place in (kept[1], kept[3]):
        (place / "node.json").unlink()


def test_processes_come_while_it_is_removed(nodes: Nodes, directory: str) -> None:
    """Entering and removing at once: whoever is in has what others find there."""
    code = """
import os, sys, time
from dishtayantra_lmdb.ray import _places
end = time.monotonic() + 3
entered = 0
while time.monotonic() < end:
    lock = _places.enter(sys.argv[1], "session", "node", "/nowhere")
    assert os.path.samestat(os.fstat(lock), os.stat(os.path.join(sys.argv[1], "in_use")))
    assert os.path.exists(os.path.join(sys.argv[1], "node.json"))
    os.close(lock)
    entered += 1
print(entered)
"""
    place = str(Path(directory) / "busy")
    entering = [
        subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    removed = 0
    while any(process.poll() is None for process in entering):
        removed += len(reap())
    assert [process.returncode for process in entering] == [0, 0, 0]
    entered = [int(process.communicate()[0]) for process in entering]
    assert min(*entered, removed) > 3, (entered, removed)
    reap()


WRONG_OPTIONS: list[tuple[str, Any, str]] = [
    ("map_size", -1, "map_size is -1"),
    ("map_size", "much", "map_size is 'much'"),
    ("pull_timeout", 0, "pull_timeout: 0 is not allowed"),
    ("directory", 7, "directory: 7"),
]


def test_options_are_checked() -> None:
    code = f"""
from dishtayantra_lmdb.errors import ConfigError
from dishtayantra_lmdb.ray import configure
for setting, value, _ in {WRONG_OPTIONS!r}:
    try:
        configure(**{{setting: value}})
        print("accepted")
    except ConfigError as error:
        print(str(error).partition("\\n")[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    for text, (*_, why) in zip(done.stdout.splitlines(), WRONG_OPTIONS, strict=True):
        assert text.startswith(why)


def test_options_of_a_store_that_is_open_stay(nodes: Nodes) -> None:
    share(np.zeros(10))
    with pytest.raises(ConfigError, match="cannot be set any more"):
        configure(directory="/tmp/elsewhere")
    configure(pull_timeout=60)


WRONG_ENVIRONMENTS = [
    ("DISHTAYANTRA_RAY_MAP_SIZE", "1 GB", "DISHTAYANTRA_RAY_MAP_SIZE is '1 GB'"),
    ("DISHTAYANTRA_RAY_PULL_TIMEOUT", "soon", "DISHTAYANTRA_RAY_PULL_TIMEOUT: 'soon' is not allowed"),
    ("DISHTAYANTRA_RAY_DIRECTORY", "/proc/nowhere", "the directory of the nodes' stores, /proc/nowhere, cannot"),
    ("DISHTAYANTRA_RAY_DIRECTORY", "LINK", "is no directory of user"),
]

ENVIRONMENTS = """
import json, os, sys
import ray
from dishtayantra_lmdb import LMDBError
from dishtayantra_lmdb.ray import share
for variable, value in json.loads(sys.argv[2]):
    # The environment is read once: in a process each, forked before Ray is initialised.
    pid = os.fork()
    if pid == 0:
        os.environ[variable] = value
        try:
            ray.init(sys.argv[1], log_to_driver=False)
            share(1)
            print("accepted", flush=True)
        except LMDBError as error:
            print(json.dumps(str(error)), flush=True)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
"""


def test_the_environment_is_checked(nodes: Nodes, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    given = [(name, value.replace("LINK", str(tmp_path / "link"))) for name, value, _ in WRONG_ENVIRONMENTS]
    done = subprocess.run(
        [sys.executable, "-c", ENVIRONMENTS, nodes.cluster.address, json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    for text, (*_, why) in zip(done.stdout.splitlines(), WRONG_ENVIRONMENTS, strict=True):
        assert why in text


def test_a_killed_process_leaves_nothing_that_blocks(nodes: Nodes) -> None:
    worker = nodes.worker("d")
    pid = get(worker.pid.remote())
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert get(nodes.worker("d").sum.remote(share(np.ones(1000)))) == 1000
