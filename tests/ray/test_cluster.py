"""`scripts/cluster.sh` and what runs on it: two Ray nodes as two hosts. Each test starts its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = str(ROOT / "scripts" / "cluster.sh")
NOT_PERMITTED = 77
PATIENCE = 240
MARK = "DISHTAYANTRA_CLUSTER_TEST"


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    """Namespaces are permitted here. To go without is allowed to who says so, and to nobody else."""
    done = subprocess.run([CLUSTER, "--check"], capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode == NOT_PERMITTED and os.environ.get("DY_LMDB_REQUIRE_NAMESPACES") != "1":
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr.strip()


@pytest.fixture
def mark() -> Iterator[str]:
    """What is in the environment of every process of a test; none may be left when it ends."""
    value = uuid.uuid4().hex
    yield value
    assert processes(value) == []


def processes(mark: str) -> list[str]:
    """The command lines of those that have the mark in their environment."""
    return [command for place in Path("/proc").glob("[0-9]*") if (command := command_of(place, mark))]


def command_of(place: Path, mark: str) -> str:
    """The command line of a process that has the mark."""
    try:
        marked = mark.encode() in (place / "environ").read_bytes()
        return (place / "cmdline").read_text().replace("\0", " ") if marked else ""
    except OSError:
        # It has ended.
        return ""


@contextmanager
def started(mark: str, *command: object) -> Iterator[subprocess.Popen[str]]:
    """The script with a program, as if typed: it hears of Ctrl-C, even where the tests do not. Killed when left."""
    with subprocess.Popen(
        ["env", "--default-signal=INT", CLUSTER, *map(str, command)],
        env={**os.environ, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(mark: str, *command: object) -> subprocess.CompletedProcess[str]:
    """The script with a program, to its end."""
    with started(mark, *command) as process:
        out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(list(map(str, command)), process.returncode, out, err)


PROGRAMS = {
    "place": 'echo "$RAY_ADDRESS" "$PWD"; ls /sys/class/net',
    "flights": shlex.join([sys.executable, str(ROOT / "demo" / "cluster.py"), "--samples", "1"]),
    # Last: what it does to the network Ray may mind.
    "link": shlex.join([sys.executable, str(Path(__file__).with_name("cluster_link.py"))]),
}


@pytest.fixture(scope="module")
def said() -> Iterator[dict[str, str]]:
    """What programs on one cluster say, each ended by its exit code in a line; "exit" is that of the script."""
    mark = uuid.uuid4().hex
    steps = [f'echo "=== {name}"; {{ {program}; }} 2>&1; echo "exit $?"' for name, program in PROGRAMS.items()]
    done = run(mark, "sh", "-c", "; ".join([*steps, "exit 5"]))
    found = dict(re.findall(r"^=== (\w+)\n(.*?exit \d+\n)", done.stdout, re.MULTILINE | re.DOTALL))
    assert found.keys() == PROGRAMS.keys(), done.stdout + done.stderr
    yield {**found, "exit": f"exit {done.returncode}\n"}
    assert processes(mark) == []


def test_programs_are_told_where_the_cluster_is_and_their_exit_code_counts(said: dict[str, str]) -> None:
    assert said["place"] == f"10.77.0.1:6390 {ROOT}\neth0\nlo\nexit 0\n"
    assert said["exit"] == "exit 5\n"


def test_the_flights_on_two_hosts(said: dict[str, str]) -> None:
    text = said["flights"]
    assert text.endswith("exit 0\n"), text
    right = re.search(r"(\d+) of (\d+) figures right", text)
    assert right is not None, text
    assert right[1] == right[2]
    for what in ("figures, a → b", "chain, a → b", "chain, b → a"):
        assert re.search(f"{what}.* once ", text), text
    assert "WRONG" not in text
    for way in ("same node: Ray", "same node: handle", "other node: Ray", "other node: handle"):
        assert re.search(rf"│ {way} +│( +[\d,.]+ / [\d,.]+ +│){{5}}", text), text


def test_a_link_that_is_cut_while_a_payload_is_fetched(said: dict[str, str]) -> None:
    text = said["link"]
    assert text.endswith("exit 0\n"), text
    [report] = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert report["counted"] < report["nbytes"], "the link was cut too late"
    # Ray itself notices after a minute.
    assert report["ended"], report
    assert report["seconds"] < 30
    assert "LMDBTimeoutError" in report.get("error", []), report
    assert report["key"] in report["message"], report
    assert report["node_id"] in report["message"], report
    assert report["afterwards"] == 2.0


ENDINGS = {
    "Ctrl-C": (signal.SIGINT, 130),
    "terminated": (signal.SIGTERM, 143),
    "killed": (signal.SIGKILL, -signal.SIGKILL),
}


def test_nothing_is_left_of_several_at_once_that_are_ended_at_work(mark: str) -> None:
    program = f"touch /dev/shm/{mark} $TMPDIR/{mark}; echo here; sleep 600"
    with ExitStack() as stack:
        running = {name: stack.enter_context(started(f"{mark} {name}", "sh", "-c", program)) for name in ENDINGS}
        for name, process in running.items():
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n", name
        assert sum("raylet" in command.partition(" ")[0] for command in processes(mark)) == 2 * len(running)
        # What they keep is in memory of their own, which goes with them.
        assert not any(Path(place, mark).exists() for place in ("/dev/shm", tempfile.gettempdir()))
        for name, (number, status) in ENDINGS.items():
            end(running[name], number, f"{mark} {name}")
            assert running[name].returncode == status, name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_one_that_is_ended_while_it_starts(mark: str, number: int) -> None:
    with started(mark, "sleep", "600") as process:
        deadline = time.monotonic() + PATIENCE
        while not any("gcs_server" in command.partition(" ")[0] for command in processes(mark)):
            assert time.monotonic() < deadline, "Ray does not start"
            time.sleep(0.01)
        end(process, number, mark)
        assert process.returncode != 0


def end(process: subprocess.Popen[str], number: int, mark: str) -> None:
    """Sends a signal to a script; nothing is left when it has ended."""
    process.send_signal(number)
    process.wait(PATIENCE)
    if number == signal.SIGKILL:
        # It could not wait itself: the kernel takes a moment.
        deadline = time.monotonic() + PATIENCE
        while processes(mark) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert processes(mark) == []


@pytest.mark.parametrize("command", ["--check", "true"])
def test_one_line_says_that_namespaces_are_not_permitted(command: str) -> None:
    # A user namespace in which no network namespaces may be made.
    without = f'echo 0 >/proc/sys/user/max_net_namespaces && exec "$0" {command}'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", without, CLUSTER],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert done.returncode == NOT_PERMITTED
    assert done.stdout == ""
    assert re.fullmatch(r"cluster\.sh: namespaces are not permitted here: .+\n", done.stderr)


def test_a_program_is_asked_for() -> None:
    done = subprocess.run([CLUSTER], capture_output=True, text=True, timeout=PATIENCE)

    assert done.returncode == 1
    assert "usage: cluster.sh PROGRAM" in done.stderr
