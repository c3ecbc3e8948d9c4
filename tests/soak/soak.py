"""Processes of four languages come and go on one store, some killed, for as long as asked.

``soak.py --minutes N --rows FILE --picture FILE``. Every payload is made from its seed by ``tests/cross/content.py``
and looked at byte for byte by whoever reads it. Ends with exit code 1 when a byte was wrong, something failed that had
no reason to, or something grew.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import ctypes
import hashlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cross"))
import content
from peer import Peer, PeerError
from table import FORMATS, LANGUAGES, SIZES

from dishtayantra_lmdb import EntryNotFoundError, LMDBConfig, LMDBTransport

MAP_SIZE = 512 << 20
SAMPLE = 10.0
TTL_MS = 20_000
HELD = 40
HELD_SECONDS = 30.0
# Nobody lives longer than this: programs end in order, or are killed.
LIFE_SECONDS = (20.0, 120.0)
KILLED = 0.5
# What a process may grow by once it has done everything for the first time.
ALLOWED_BYTES = 16 << 20
ALLOWED_RATIO = 1.15


@dataclass(frozen=True)
class Entry:
    """What was acknowledged to be in the store, and until when."""

    request: dict[str, Any]
    until: float


class Soak:
    """The state of a run, used by a thread for each peer."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.directory = directory
        self.path = directory / "store"
        self.transport = LMDBTransport(LMDBConfig(db_path=str(self.path), map_size=MAP_SIZE)).open()
        self.end = threading.Event()
        self.lock = threading.Lock()
        self.entries: list[Entry] = []
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.peers: dict[str, int] = {}
        self.seeds = iter(range(seed * 1_000_000, 1 << 60, 10))

    def fault(self, what: str) -> None:
        with self.lock:
            self.faults.append(what)
        print(f"FAULT {what}", flush=True)

    def request(self, language: str, rng: random.Random) -> dict[str, Any]:
        known = LANGUAGES[language]
        form = rng.choice([name for name in FORMATS if name not in known.absent and name not in known.unwritten])
        size = SIZES[rng.choices(list(SIZES), [1, 4, 4, 4, 0.2])[0]]
        with self.lock:
            seed = next(self.seeds)
        count = FORMATS[form].count(size.limit) if size.rows is None else size.rows
        return {
            "key": f"soak:{seed}",
            "format": form,
            "seed": seed,
            "count": count,
            "inline": size.inline,
            "source": language,
            "target": "",
            "ttl_ms": TTL_MS,
            "txn_id": str(seed),
            "checksum": rng.random() < 0.5,
            "frame": content.frame(count) if form == "arrow" else None,
        }

    def write(self, peer: Peer, language: str, rng: random.Random) -> None:
        request = self.request(language, rng)
        until = time.monotonic() + TTL_MS / 1000
        peer.ask("write", **request)
        with self.lock:
            self.entries.append(Entry(request, until))
            self.counts["writes"] += 1

    def read(self, peer: Peer, language: str, rng: random.Random) -> None:
        with self.lock:
            entry = rng.choice(self.entries) if self.entries else None
        if entry is None or entry.request["format"] in LANGUAGES[language].absent:
            return
        form = entry.request["format"]
        try:
            answer = peer.ask("read", **entry.request | {"format": FORMATS[form].read_as or form})
        except PeerError:
            with self.lock:
                there = entry in self.entries
            # It may have expired, or been deleted, while it was asked for.
            if not peer.alive() or (there and time.monotonic() < entry.until):
                raise
            self.counts["gone"] += 1
            return
        if answer["fault"] is not None:
            self.fault(f"{language} read {entry.request['key']} ({form}): {answer['fault']}")
        self.counts["reads"] += 1

    def forget_expired(self) -> None:
        now = time.monotonic()
        with self.lock:
            self.entries = [entry for entry in self.entries if entry.until > now + 1]

    def live(self, name: str, language: str, number: int) -> None:
        """A peer after another, until the end."""
        rng = random.Random(f"{name} {number}")
        turn = 0
        while not self.end.is_set():
            turn += 1
            log = self.directory / f"{name}.log"
            peer = Peer(name, (*LANGUAGES[language].command, str(self.path)), log)
            with self.lock:
                self.peers[name] = peer.pid
            until = time.monotonic() + rng.uniform(*LIFE_SECONDS)
            killed = rng.random() < KILLED
            timer = threading.Timer(until - time.monotonic() + rng.uniform(0, 1), peer.kill) if killed else None
            if timer is not None:
                timer.start()
            try:
                while not self.end.is_set() and (killed or time.monotonic() < until):
                    (self.write if rng.random() < 0.4 else self.read)(peer, language, rng)
                    self.end.wait(rng.uniform(0, 0.05))
            except PeerError as error:
                if not (killed and peer.was_killed()):
                    self.fault(f"{name}: {error}")
            if timer is not None:
                timer.cancel()
            with self.lock:
                del self.peers[name]
            code = peer.close()
            with self.lock:
                self.counts["killed" if code == -9 else "ended"] += 1
            if code not in ((0, -9) if killed else (0,)):
                self.fault(f"{name} ended with exit code {code}")

    def watched(self, work: Callable[..., None], *arguments: Any) -> None:
        """What a thread does; that it fails is a fault."""
        try:
            work(*arguments)
        except Exception as error:
            self.fault(f"{work.__name__} {arguments}: {error!r}")
            raise

    def hold(self) -> None:
        """Views that outlive their entries: what they show must not change."""
        rng = random.Random("held")
        held: list[tuple[float, str, Any, bytes]] = []
        while not self.end.is_set():
            now = time.monotonic()
            for item in [item for item in held if item[0] < now]:
                held.remove(item)
                self.let_go(*item[1:])
            with self.lock:
                entry = rng.choice(self.entries) if self.entries else None
            if entry is not None and len(held) < HELD:
                key = entry.request["key"]
                with contextlib.suppress(EntryNotFoundError):
                    view = self.transport.view(key)
                    digest = digest_of(view)
                    held.append((now + rng.uniform(0, HELD_SECONDS), key, view, digest))
                    if rng.random() < 0.3:
                        with self.lock:
                            self.entries = [other for other in self.entries if other is not entry]
                        self.transport.delete(key)
                        self.counts["deletes"] += 1
            self.end.wait(0.1)
        for item in held:
            self.let_go(*item[1:])

    def let_go(self, key: str, view: Any, digest: bytes) -> None:
        if digest_of(view) != digest:
            self.fault(f"a view of {key} has changed")
        view.close()
        self.counts["held"] += 1

    def sample(self, began: float) -> dict[str, Any]:
        stats = self.transport.stats()
        live = sum(database["bytes"] for database in stats["databases"].values())
        row: dict[str, Any] = {
            "seconds": round(time.monotonic() - began),
            **{name: self.counts[name] for name in ("writes", "reads", "gone", "held", "deletes", "killed", "ended")},
            "faults": len(self.faults),
            "entries": sum(database["entries"] for database in stats["databases"].values()),
            "live_bytes": live,
            "used_bytes": stats["map"]["on_disk"],
            "free_bytes": stats["map"]["free"],
            "quarantine_bytes": stats["map"]["quarantine"],
            "reader_slots": len(stats["readers"]),
            "pins": len(stats["pins"]),
            "loans": len(stats["loans"]),
        }
        own = psutil.Process()
        row["descriptors"] = own.num_fds()
        row["private_driver"] = private_bytes(own)
        with self.lock:
            peers = dict(self.peers)
        for name, pid in peers.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                row[f"rss_{name}"] = private_bytes(psutil.Process(pid))
        return row


def digest_of(view: Any) -> bytes:
    """Of the bytes that a view shows, whatever their format."""
    return hashlib.blake2b((ctypes.c_ubyte * view.size).from_address(view.address)).digest()


def private_bytes(process: psutil.Process) -> int:
    """The resident memory that is the process's own, without the maps of the store."""
    memory = process.memory_info()
    return memory.rss - memory.shared


def grown(rows: list[dict[str, Any]], name: str, allowed: float) -> Iterator[str]:
    """Whether a figure's median of the last third is over that of the third before it."""
    third = len(rows) // 3
    if third < 3:
        return
    before = median(row[name] for row in rows[third : 2 * third])
    after = median(row[name] for row in rows[2 * third :])
    if after > before * ALLOWED_RATIO + allowed:
        yield f"{name} grew from {before:,.0f} to {after:,.0f}"


def draw(rows: list[dict[str, Any]], picture: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "soak"
    from matplotlib import pyplot

    minutes = [row["seconds"] / 60 for row in rows]
    figure, panels = pyplot.subplots(4, 1, sharex=True, figsize=(9, 10), layout="constrained")
    megabytes = {
        "on disk": "used_bytes",
        "live": "live_bytes",
        "quarantine": "quarantine_bytes",
    }
    for label, name in megabytes.items():
        panels[0].plot(minutes, [row[name] / 2**20 for row in rows], label=label)
    panels[0].set_ylabel("store, MiB")
    for name in ("pins", "reader_slots", "descriptors"):
        panels[1].plot(minutes, [row[name] for row in rows], label=name.replace("_", " "))
    panels[1].set_ylabel("in use")
    panels[2].plot(minutes, [row["private_driver"] / 2**20 for row in rows], label="driver", color="black")
    for name in sorted({key for row in rows for key in row if key.startswith("rss_")}):
        panels[2].plot(minutes, [row.get(name, float("nan")) / 2**20 for row in rows], ".", ms=2, label=name[4:])
    panels[2].set_ylabel("private memory, MiB")
    for name in ("writes", "reads", "held"):
        panels[3].plot(minutes, [row[name] / 1000 for row in rows], label=name)
    panels[3].plot(minutes, [row["killed"] for row in rows], label="processes killed (1)")
    panels[3].set_ylabel("so far, thousands")
    panels[3].set_xlabel("minutes")
    for panel in panels:
        panel.legend(loc="upper left", fontsize=7, ncol=5)
        panel.grid(alpha=0.3)
    figure.savefig(picture, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2, help="peers of each language")
    parser.add_argument("--rows", type=Path, required=True, help="where the samples are written, tab-separated")
    parser.add_argument("--picture", type=Path, help="where the SVG is drawn")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dy_lmdb_soak.") as directory:
        return run(Path(directory), arguments)


def run(directory: Path, arguments: argparse.Namespace) -> int:
    soak = Soak(directory, arguments.seed)
    threads = [
        threading.Thread(target=soak.watched, args=(soak.live, f"{language} {number}", language, number))
        for language in LANGUAGES
        for number in range(arguments.each)
    ]
    threads.append(threading.Thread(target=soak.watched, args=(soak.hold,)))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    rows = []
    while time.monotonic() - began < arguments.minutes * 60:
        soak.end.wait(SAMPLE)
        soak.forget_expired()
        rows.append(soak.sample(began))
        shown = {name: value for name, value in rows[-1].items() if not name.startswith("rss_")}
        print(" ".join(f"{name}={value}" for name, value in shown.items()), flush=True)
    soak.end.set()
    for thread in threads:
        thread.join()

    soak.transport.audit()
    # What the dead left is taken from them when somebody sweeps.
    for _ in range(300):
        soak.transport.sweep()
        left = soak.transport.stats()
        if not left["pins"] and not left["loans"]:
            break
        time.sleep(0.1)
    else:
        soak.fault(f"left behind: {len(left['pins'])} pins, {len(left['loans'])} loans")
    for name, allowed in (
        ("used_bytes", 32 << 20),
        ("private_driver", ALLOWED_BYTES),
        ("descriptors", 8),
        ("reader_slots", 8),
        ("pins", HELD),
    ):
        for what in grown(rows, name, allowed):
            soak.fault(what)
    soak.transport.close()

    arguments.rows.parent.mkdir(parents=True, exist_ok=True)
    with arguments.rows.open("w", newline="") as file:
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(file, names, dialect="excel-tab")
        writer.writeheader()
        writer.writerows(rows)
    if arguments.picture is not None:
        draw(rows, arguments.picture)
    print(
        f"soak of {arguments.minutes:g} min: {dict(soak.counts)}, {len(soak.faults)} faults; "
        f"on disk at most {max(row['used_bytes'] for row in rows) / 2**20:.0f} MiB, "
        f"live at most {max(row['live_bytes'] for row in rows) / 2**20:.0f} MiB, private memory of the driver "
        f"{rows[0]['private_driver'] / 2**20:.0f} to {rows[-1]['private_driver'] / 2**20:.0f} MiB"
    )
    return 1 if soak.faults else 0


if __name__ == "__main__":
    sys.exit(main())
