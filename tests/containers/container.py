"""Programs in namespaces of their own, as container runtimes start them."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "containers"
# Seconds after which an answer does not come any more.
PATIENCE = 60
GROUP = 2000
# Pid 1 is the program itself: every word before it replaces the one before.
ENTER = """
echo "$1" >/proc/sys/kernel/hostname
shift
while [ "$1" != run ]; do
    mkdir -p "$2"
    mount --bind "$1" "$2"
    shift 2
done
shift
exec "$@"
"""


@dataclass(frozen=True)
class Container:
    """Pid, mount, IPC, UTS and time namespaces; a volume of the host's, mounted somewhere.

    Attributes:
        name: its host name.
        volume: the directory of the host's.
        mounted: where the program has it.
        offset: seconds that its CLOCK_BOOTTIME is ahead of the host's.
        user: the user that the program runs as, in the group GROUP alone; None: as the caller.
        user_namespace: whether it has a user namespace, too, in which it is root.
        others: more directories of the host's, each with where the program has it.
    """

    name: str
    volume: Path
    mounted: Path
    offset: int = 0
    user: int | None = None
    group: int = GROUP
    user_namespace: bool = False
    others: tuple[tuple[Path, Path], ...] = ()

    def command(self, *program: str) -> tuple[str, ...]:
        """What starts a program in such a container, each time in a new one."""
        words = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--ipc", "--uts"]
        # Whoever masks parts of /proc keeps a user namespace from having its own.
        words += ["--user", "--map-root-user"] if self.user_namespace else ["--mount-proc"]
        words += ["--time", "--boottime", str(self.offset)] if self.offset else []
        mounts = ((self.volume, self.mounted), *self.others)
        words += ["sh", "-ec", ENTER, "sh", self.name, *(str(path) for mount in mounts for path in mount), "run"]
        if self.user is not None:
            words += ["setpriv", f"--reuid={self.user}", f"--regid={self.group}", "--clear-groups"]
        return (*words, *program)


def refused() -> str | None:
    """Why namespaces cannot be made here; None: they can."""
    with tempfile.TemporaryDirectory() as directory:
        probe = Container("probe", Path(directory), Path(directory), offset=1, user=1001)
        try:
            run = subprocess.run(probe.command("true"), capture_output=True, text=True, timeout=PATIENCE)
        except OSError as error:
            return str(error)
    return None if run.returncode == 0 else run.stderr.strip().splitlines()[-1]


def first_process(unshare: int) -> int:
    """The pid here of the program that an ``unshare`` has started."""
    children = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
    assert len(children) == 1, children
    return int(children[0])


class StoreError(Exception):
    """A call on a store failed: the name of its status, then the message."""


class Member:
    """The program ``member`` in a container, told what to do with a store."""

    def __init__(self, programs: Path, container: Container | None) -> None:
        program = str(programs / "member")
        command = container.command(program) if container else (program,)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._answers = selectors.DefaultSelector()
        self._answers.register(self._output, selectors.EVENT_READ)
        self._inside = container is not None
        self.pid, self.thread, self.user, self.boottime = map(int, self.ask("who").split())

    @property
    def _output(self) -> Any:
        assert self._process.stdout is not None
        return self._process.stdout

    def tell(self, *words: object) -> None:
        """Asks, without waiting for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def answered(self, seconds: float) -> bool:
        """Whether an answer comes within so many seconds."""
        return bool(self._answers.select(seconds))

    def answer(self) -> str:
        """The next answer; StoreError when it is a failure."""
        assert self.answered(PATIENCE), "no answer came"
        line = self._output.readline()
        status, _, rest = line.rstrip("\n").partition(" ")
        if status != "DY_LMDB_OK":
            raise StoreError(line.rstrip("\n") or f"ended with {self._process.wait(PATIENCE)}")
        return str(rest)

    def ask(self, *words: object) -> str:
        """The answer to words on one line; StoreError when the call failed."""
        self.tell(*words)
        return self.answer()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program itself."""
        os.kill(first_process(self._process.pid) if self._inside else self._process.pid, number)

    def kill(self) -> None:
        """Ends it where it is, and all in its container."""
        self._process.kill()
        # Its output ends with the program, which may be a little later than unshare.
        while self.answered(PATIENCE) and self._output.readline():
            pass
        self._process.wait(PATIENCE)

    def close(self) -> None:
        """Has it end as its input ends, when it has not ended yet."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._answers.close()
        self._output.close()

    def __enter__(self) -> Member:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After a failure it may be stopped, or busy.
        if kind is not None:
            self._process.kill()
        self.close()


def copy_programs(names: Iterable[str], to: Path) -> None:
    """Programs and library where every user may run them."""
    to.chmod(0o755)
    for name in names:
        shutil.copy(BUILT / name, to / name)
