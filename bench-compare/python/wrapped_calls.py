"""What calls of calculators, puts and gets cost in Python, beside means without a store, and what is wanted of them.

The means are a direct call, MessagePack, ormsgpack and py-lmdb. Everything takes turns, round by round; of each
operation's medians the least counts, and every ratio is made of two figures of that one run.

C++ calculators are `Scale` of the demo, which doubles every value and adds one; *directly* it is called with the
payload itself, and reads a list in one pass. *pybind11 alone* converts a list to a `std::vector` and the answer back. A
MessagePack trip goes from an array to an array: `tolist`, `packb`, read and written in C++, `unpackb`, `numpy.array`.

A second table says how many puts several processes make in a second; it is left out with `--only`.

usage: wrapped_calls.py [--rounds N] [--directory DIRECTORY] [--only TEXT]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import lmdb
import msgpack
import numpy as np
import ormsgpack

import native_batch
import puts
import report
from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport, wrap_with_lmdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "build" / "demo"))
import flights_legs

KB, MB = 1 << 10, 1 << 20
SIZES = {KB: "1 KB", 10 * KB: "10 KB", 100 * KB: "100 KB", MB: "1 MB"}
MAP_SIZE = 1 << 30
# How long one operation is measured in one round, and how often at least.
SECONDS, LEAST = 0.15, 5

Operation = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """One line of the table: an operation, what it is held against, and what is wanted.

    `wanted` is of the ratio, or of the microseconds where nothing is beside it. `most`: the figure should not be more;
    otherwise not less.
    """

    name: str
    ours: str
    other: str | None
    wanted: float
    most: bool = True
    # The ratio of the other one to ours.
    inverse: bool = False


class Doubled(LMDBCalculatorMixin):
    """The same calculation in Python, in place."""

    def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Every value, doubled and increased by one."""
        if not data.get("_lmdb_ref"):
            return {"values": data["values"] * 2 + 1}
        result = {"values": self.lmdb_read_input()["values"] * 2 + 1}
        return {"_lmdb_output_written": True} if self.lmdb_write_output(result) else result


def median_ns(operation: Operation) -> float:
    """The median time of an operation, in a share of a second."""
    samples: list[int] = []
    end = perf_counter_ns() + int(SECONDS * 1e9)
    while len(samples) < LEAST or perf_counter_ns() < end:
        start = perf_counter_ns()
        operation()
        samples.append(perf_counter_ns() - start)
    return statistics.median(samples)


def operations(directory: Path) -> tuple[dict[str, Operation], list[Line]]:
    """What is measured, and the lines of the table."""
    made: dict[str, Operation] = {}
    lines: list[Line] = []
    settings: dict[str, Any] = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(directory / "store"),
        "lmdb_map_size": MAP_SIZE,
    }
    scale = flights_legs.Scale("scale", {})
    stored = wrap_with_lmdb(scale, {**settings, "lmdb_min_size": 0}, "scale").calculate
    beneath = wrap_with_lmdb(scale, {**settings, "lmdb_min_size": 1 << 40}, "beneath").calculate
    mixin = wrap_with_lmdb(Doubled(), {**settings, "lmdb_min_size": 0}, "doubled").calculate
    transport = LMDBTransport(LMDBConfig(db_path=settings["lmdb_db_path"], map_size=MAP_SIZE)).open()
    peer = lmdb.open(str(directory / "lmdb"), map_size=MAP_SIZE, writemap=True, sync=False, metasync=False)

    def arrays(size: int, wanted: tuple[float, float, float]) -> None:
        payload = {"values": np.random.default_rng(size).random(size // 8)}
        name = SIZES[size]
        made[f"wrapped {name}"] = lambda: stored(payload)
        made[f"direct {name}"] = lambda: scale.calculate(payload)

        def by_msgpack() -> object:
            packed = msgpack.packb({"values": payload["values"].tolist()})
            return np.array(msgpack.unpackb(flights_legs.scale_msgpack(packed))["values"])

        made[f"msgpack {name}"] = by_msgpack
        micros, to_direct, to_msgpack = wanted
        if micros:
            lines.append(Line(f"wrapped call, C++, {name}, µs", f"wrapped {name}", None, micros))
            lines.append(Line(f"the same ÷ the direct call, {name}", f"wrapped {name}", f"direct {name}", to_direct))
        lines.append(
            Line(f"MessagePack ÷ the same, {name}", f"wrapped {name}", f"msgpack {name}", to_msgpack, False, True)
        )

    for size, wanted in zip(SIZES, ((14, 3.8, 0.9), (16, 3.6, 6), (27, 2.4, 40), (0, 0, 45)), strict=True):
        arrays(size, wanted)

    few = {"values": np.random.default_rng(1).random(10)}
    made["beneath"], made["beneath, direct"] = lambda: beneath(few), lambda: scale.calculate(few)
    lines.append(Line("wrapped call under lmdb_min_size less the direct one, µs", "beneath", "-beneath, direct", 2))

    for size in (10 * KB, 100 * KB, MB):
        numbers = {"values": np.random.default_rng(size).random(size // 8).tolist()}
        name = SIZES[size]
        made[f"list {name}"] = lambda numbers=numbers: stored(numbers)  # type: ignore[misc]
        made[f"list, direct {name}"] = lambda numbers=numbers: scale.calculate(numbers)  # type: ignore[misc]
        bare = numbers["values"]
        made[f"list, pybind11 {name}"] = lambda bare=bare: flights_legs.scale_list(bare)  # type: ignore[misc]
        title = f"list of floats, C++ ÷ a call by pybind11 alone, {name}"
        lines.append(Line(title, f"list {name}", f"list, pybind11 {name}", 0.9))
        title = f"the same, passed directly ÷ a call by pybind11 alone, {name}"
        lines.append(Line(title, f"list, direct {name}", f"list, pybind11 {name}", 0.9))

    for name, value, most in (
        ("20 scalars", scalars(), 2.0),
        ("10,000 rows of 7 fields", rows(), 1.1),
        ("100,000 strings", {"names": [f"name-{n}" for n in range(100_000)]}, 1.1),
    ):

        def put_and_get(value: Any = value) -> object:
            transport.put("value", value)
            return transport.get("value")

        made[name] = put_and_get
        made[f"{name}, ormsgpack"] = lambda value=value: ormsgpack.unpackb(ormsgpack.packb(value))  # type: ignore[misc]
        lines.append(Line(f"put + get of {name} ÷ ormsgpack", name, f"{name}, ormsgpack", most))

    for size, numpy_us, dict_us in zip(SIZES, (5, 6, 12, 0), (7, 8, 14, 0), strict=True):
        array = np.random.default_rng(size).random(size // 8)
        name, raw = SIZES[size], array.tobytes()

        def put_array(array: Any = array) -> object:
            transport.put("array", array, format="numpy")
            return transport.get("array")

        def put_dict(array: Any = array) -> object:
            transport.put("dict", {"values": array})
            return transport.get("dict")

        def put_bytes(raw: bytes = raw) -> None:
            transport.put("bytes", raw, format="raw")
            with transport.view("bytes") as view:
                _ = view.memory[0]

        def peer_bytes(raw: bytes = raw) -> None:
            with peer.begin(write=True) as transaction:
                transaction.put(b"bytes", raw)
            with peer.begin(buffers=True) as transaction:
                _ = (transaction.get(b"bytes") or b"0")[0]

        def peer_array(array: Any = array) -> object:
            with peer.begin(write=True) as transaction:
                transaction.put(b"array", array)
            with peer.begin(buffers=True) as transaction:
                return np.frombuffer(transaction.get(b"array") or b"")[0]

        made[f"numpy {name}"], made[f"dict {name}"] = put_array, put_dict
        made[f"bytes {name}"], made[f"py-lmdb bytes {name}"] = put_bytes, peer_bytes
        made[f"py-lmdb array {name}"] = peer_array
        for what, micros in ((f"numpy {name}", numpy_us), (f"dict {name}", dict_us)):
            title = "put + get, format numpy" if what.startswith("numpy") else "put + get, a dict of one array"
            if micros:
                lines.append(Line(f"{title}, {name}, µs", what, None, micros))
            else:
                lines.append(Line(f"{title} ÷ py-lmdb, {name}", what, f"py-lmdb array {name}", 1.1))
        most = {"1 KB": 1.5, "10 KB": 1.2}.get(name, 1.05)
        lines.append(Line(f"put + view of bytes ÷ py-lmdb, {name}", f"bytes {name}", f"py-lmdb bytes {name}", most))

    batch = [(f"batch:{n}", b"x" * 100) for n in range(10_000)]
    # In a store of its own: beside so many entries every other put takes longer.
    apart = LMDBTransport(LMDBConfig(db_path=str(directory / "batch"), map_size=MAP_SIZE)).open()
    made["put_many"] = lambda: apart.put_many(batch, format="raw")
    made["native put_many"] = native_batch.prepared(apart, batch)
    lines.append(Line("put_many, 10,000 entries of 100 bytes ÷ native", "put_many", "native put_many", 1.5))

    small = {"values": np.random.default_rng(2).random(KB // 8)}
    made["mixin"] = lambda: mixin(small)
    lines.append(Line("wrapped call, Python with the mixin, 1 KB, µs", "mixin", None, 30))
    return made, lines


def scalars() -> dict[str, Any]:
    """Twenty scalars, nested."""
    numbers = {f"number{n}": n * 1.5 for n in range(6)}
    return {"id": 7, "name": "close", "on": True, "none": None, **numbers, "inner": {f"i{n}": n for n in range(10)}}


def rows() -> dict[str, Any]:
    """Rows as an engine passes them."""
    return {
        "rows": [
            {"id": n, "px": n * 0.01, "qty": n % 900, "side": "buy", "sym": f"S{n % 50}", "ok": True, "w": 0.5}
            for n in range(10_000)
        ]
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where the stores are made")
    parser.add_argument("--only", default="", help="only lines with this in their names")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as scratch:
        (Path(scratch) / "lmdb").mkdir()
        made, lines = operations(Path(scratch))
        lines = [line for line in lines if arguments.only in line.name]
        needed = {line.ours for line in lines} | {(line.other or line.ours).removeprefix("-") for line in lines}
        times: dict[str, list[float]] = {name: [] for name in made if name in needed}
        for name in times:
            for _ in range(20):
                made[name]()
        for _ in range(arguments.rounds):
            for name, samples in times.items():
                samples.append(median_ns(made[name]))
        least = {name: min(samples) for name, samples in times.items()}
    report.table(
        f"Calls from Python, least medians of {arguments.rounds} rounds",
        ["", "ours, µs", "the other, µs", "figure", "wanted", ""],
        [row(line, least) for line in lines],
    )
    if not arguments.only:
        puts.compare(arguments.directory, arguments.rounds)


def row(line: Line, least: dict[str, float]) -> list[str]:
    """One line of the table."""
    ours = least[line.ours]
    other = None if line.other is None else least[line.other.removeprefix("-")]
    if other is None:
        figure = ours / 1000
    elif line.other is not None and line.other.startswith("-"):
        figure = (ours - other) / 1000
    else:
        figure = other / ours if line.inverse else ours / other
    met = figure <= line.wanted if line.most else figure >= line.wanted
    sign = "≤" if line.most else "≥"
    return [
        line.name,
        report.micros(ours),
        report.micros(other),
        f"{figure:.2f}",
        f"{sign} {line.wanted:g}",
        "" if met else "not met",
    ]


if __name__ == "__main__":
    main()
