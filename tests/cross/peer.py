"""A peer: a program in some language, in a process of its own, that is asked and answers in lines of JSON."""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 120


class PeerError(Exception):
    """The peer could not do what it was asked, or has ended."""


class Peer:
    """A peer's process. It lives until ``close``."""

    def __init__(self, name: str, command: tuple[str, ...], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
            )
        self._answers = selectors.DefaultSelector()
        self._answers.register(self._stdout, selectors.EVENT_READ)

    @property
    def _stdout(self) -> Any:
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the peer where it is."""
        self._process.kill()

    def was_killed(self) -> bool:
        """Whether it ended by SIGKILL; waits for its end."""
        return self._process.wait(PATIENCE) == -9

    def begin(self, do: str, **request: Any) -> None:
        """Asks without waiting for the answer, for whoever kills the peer before."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self._process.stdin.flush()

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer to a request. One line is asked and one answered, so nothing is left in a buffer between."""
        self.begin(do, **request)
        if not self._answers.select(PATIENCE):
            # A late answer would be taken for the next one.
            self._process.kill()
            raise PeerError(f"{self.name} has not answered for {PATIENCE} s{self._said()}")
        line = self._stdout.readline()
        try:
            answer = json.loads(line)
        except ValueError:
            code = self._process.poll()
            raise PeerError(f"{self.name} answered {line!r} (exit code {code}){self._said()}") from None
        if "error" in answer:
            raise PeerError(f"{self.name}: {answer['error']}")
        return answer

    def _said(self) -> str:
        said = self._log.read_text(errors="replace").strip()
        return f"; it said:\n{said}" if said else ""

    def close(self) -> int:
        """Ends the peer as its input ends; its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._answers.close()
            self._stdout.close()


@dataclass(frozen=True)
class Map:
    """A mapping of a process: a line of /proc/<pid>/maps."""

    start: int
    end: int
    offset: int
    protection: str


def maps_of(pid: int, file: Path) -> list[Map]:
    """Where a process has a file mapped."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5] == str(file):
            start, end = (int(bound, 16) for bound in fields[0].split("-"))
            found.append(Map(start, end, int(fields[2], 16), fields[1]))
    return found


def offset_in_file(maps: list[Map], address: int, size: int) -> int:
    """Which byte of the file an address is, when all of it lies in one read-only mapping; else PeerError."""
    for found in maps:
        if found.start <= address and address + size <= found.end:
            if found.protection != "r--s":
                raise PeerError(f"{size} bytes at {address:#x} lie in a mapping {found.protection}")
            return address - found.start + found.offset
    shown = ", ".join(f"{found.start:#x}-{found.end:#x}" for found in maps)
    raise PeerError(f"{size} bytes at {address:#x} lie outside the map ({shown})")
