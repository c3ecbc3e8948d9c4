"""The flights of `flights.py` on two Ray nodes, each a host of its own: started by `scripts/cluster.sh`, on host a.

Calculators in C++ are on a, in Rust and Java on b. All of them look at the same columns, which go over the wire once;
then five calculators are chained over both hosts, Python → C++ → Rust → Java → Python. Every figure is compared with
NumPy's, and the bytes that the wire carried with those of the payloads. At last arrays of several sizes go from one
process to another, by plain Ray and by handles.

Exits with 1 when a figure is wrong, a calculator was called with anything but references, or a payload did not go over
the wire exactly once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import ray
from rich.table import Table

import flights
import node_times
import spread
import wire
from dishtayantra_lmdb.ray import SharedPayload, share

LEVEL = 0.95
# A run takes a minute; a payload that nobody looks at any more is deleted before.
TTL = 600


def columns_of(table: pa.Table) -> dict[str, flights.Floats]:
    """What the calculators look at, by name."""
    columns = {name: flights.column(name)(table) for name in flights.COLUMNS}
    return columns | {"gains": -columns["arr_delay"]}


class Figures:
    """The calculators' figures of the flights, and the columns' way to them."""

    def __init__(self, columns: dict[str, flights.Floats]) -> None:
        """Starts the calculators, on both hosts."""
        self.columns = columns
        by_what = spread.figure_calculators(LEVEL)
        self.calculators = [placed for several in by_what.values() for placed in several]
        asked = {f"statistics {name}": (by_what["statistics"], name) for name in flights.COLUMNS}
        asked[f"tail risk {LEVEL:.0%}"] = (by_what["tail risk"], "gains")
        asked["signal dep_delay"] = (by_what["signal"], "dep_delay")
        self._asked = asked

    def expected(self) -> dict[str, dict[str, float]]:
        """What NumPy finds."""
        columns = self.columns
        found = {f"statistics {name}": flights.expected_statistics(columns[name]) for name in flights.COLUMNS}
        found[f"tail risk {LEVEL:.0%}"] = flights.expected_tail(columns["arr_delay"], LEVEL)
        found["signal dep_delay"] = flights.expected_signal(columns["dep_delay"])
        return found

    def calculate(self, payloads: dict[str, SharedPayload]) -> list[flights.Figure]:
        """Every figure of every language."""
        calls = [(what, placed, name) for what, (several, name) in self._asked.items() for placed in several]
        answers = spread.all_at_once([(placed, payloads[name]) for _, placed, name in calls])
        by_language: dict[str, dict[str, Any]] = {what: {} for what in self._asked}
        for (what, placed, _), answer in zip(calls, answers, strict=True):
            by_language[what][placed.language] = answer
        figures = []
        for what, values in self.expected().items():
            for name, value in values.items():
                found = {language: float(answer[name]) for language, answer in by_language[what].items()}
                figures.append(flights.Figure(what, name, found, float(value)))
        return figures


def chain_figures(columns: dict[str, flights.Floats], answer: dict[str, Any]) -> list[flights.Figure]:
    """The covariances that came out of the chain, each with NumPy's."""
    names = flights.COLUMNS
    expected = np.cov([columns[name] for name in names])
    return [
        flights.Figure(
            "covariance", f"{row} × {column}", {"all five": float(answer["covariance"][i][j])}, float(expected[i, j])
        )
        for i, row in enumerate(names)
        for j, column in enumerate(names[: i + 1])
    ]


class WireReport:
    """What went over the wire beside what had to."""

    def __init__(self) -> None:
        self.right = True
        self._table = Table("", "payloads", title="Bytes between the hosts, by their interfaces", title_justify="left")
        for heading in ("other nodes", "payload × nodes", "counted", "more", ""):
            self._table.add_column(heading, justify="right")

    def add(self, what: str, payloads: Sequence[int], counted: int) -> None:
        """One direction: the payloads, all of a size, that one other node needs, and the bytes that went there."""
        wanted = sum(payloads)
        right = wire.carried_once(payloads, counted)
        self.right = self.right and right
        verdict = "[green]once[/]" if right and wanted else "[green]none[/]" if right else "[bold red]WRONG[/]"
        carried = f"{len(payloads)} × {payloads[0]:,}" if payloads else "none"
        more = f"{counted - wanted:+,}"
        self._table.add_row(what, carried, str(min(1, len(payloads))), f"{wanted:,}", f"{counted:,}", more, verdict)

    def show(self) -> None:
        """Prints it."""
        flights.console.print(self._table)
        flights.console.print(
            "more are headers, what Ray's processes tell one another, and what TCP sends again when its other side "
            "waits for a core; half a payload more is wrong\n"
        )


def show_calculators(calculators: Sequence[spread.Placed]) -> bool:
    """Where each one is, and what it was called with; whether that was references alone."""
    table = Table("calculator", "language", "host", title="Calculators, each a process", title_justify="left")
    for heading in ("process", "calls by reference", "others"):
        table.add_column(heading, justify="right")
    others = 0
    for placed, details in zip(calculators, spread.details_of(calculators), strict=True):
        calls = details["calls"]
        others += calls["direct"]
        counted = (details["pid"], calls["through_store"], calls["direct"])
        table.add_row(placed.name, placed.language, placed.host, *map(str, counted))
    flights.console.print(table)
    if others:
        flights.console.print("[bold red]not every call went through the stores[/]")
    return not others


def calculate(table: pa.Table) -> bool:
    """Both parts of the DAG; whether all figures and all bytes are right."""
    columns = columns_of(table)
    figures, chain = Figures(columns), spread.chained_calculators()
    calculators = [*figures.calculators, *chain]
    flights.console.print(f"starting {len(calculators)} calculators, three of them JVMs …")
    spread.details_of(calculators)
    # Once with a little: Ray starts processes for what it has not done before, and tells them much.
    spread.all_at_once([(placed, share(np.arange(256.0))) for placed in figures.calculators])
    spread.one_after_another(chain, share({"values": np.eye(64, 4)}))

    report = WireReport()
    start = time.perf_counter()
    payloads = {name: share(column, ttl=TTL) for name, column in columns.items()}
    with wire.counting() as traffic:
        found = figures.calculate(payloads)
    sizes = [column.nbytes for column in columns.values()]
    report.add("figures, a → b", sizes, traffic.sent)
    report.add("figures, b → a", [], traffic.received)

    matrix = np.stack([columns[name] for name in flights.COLUMNS], axis=1)
    with wire.counting() as traffic:
        answer = spread.one_after_another(chain, share({"values": matrix}, ttl=TTL))
    report.add("chain, a → b", [matrix.nbytes], traffic.sent)
    report.add("chain, b → a", [matrix.nbytes], traffic.received)
    took = time.perf_counter() - start

    by_reference = show_calculators(calculators)
    found += chain_figures(columns, answer)
    flights.show_figures(found)
    wrong = sum(not figure.right for figure in found)
    flights.console.print(f"{len(found) - wrong} of {len(found)} figures right, in {took:.2f} s\n")
    report.show()
    for placed in calculators:
        ray.kill(placed.actor)
    return not wrong and by_reference and report.right


def show_times(samples: int) -> None:
    """The table of times."""
    title = f"ms from one process to another, median / least of {samples}, two calls of actors included"
    table = Table("float64 values", title=title, title_justify="left")
    for name in node_times.SIZES.values():
        table.add_column(name, justify="right")
    ways = node_times.pairs({"a": node_times.workers("a", 2), "b": node_times.workers("b", 1)})
    node_times.settle(ways)
    by_size = []
    for size, name in node_times.SIZES.items():
        flights.console.print(f"measuring {name} …")
        by_size.append(node_times.measure(ways, size, samples))
    for way, times in zip(ways, zip(*by_size, strict=True), strict=True):
        table.add_row(way.name, *map(str, times))
    flights.console.print(table)


def main() -> int:
    """Calculates, compares, measures."""
    parser = argparse.ArgumentParser(description="The flights on two Ray nodes; started by scripts/cluster.sh.")
    parser.add_argument("--samples", type=int, default=10, help="of each time; 0 measures none")
    options = parser.parse_args()
    ray.init(log_to_driver=False, logging_level="warning")
    alive = {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    flights.console.print(f"two Ray {ray.__version__} nodes, hosts a and b: {', '.join(sorted(alive))}")
    table = flights.load()
    flights.console.print(f"{table.num_rows:,} flights")
    right = calculate(table)
    if options.samples > 0:
        show_times(options.samples)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
