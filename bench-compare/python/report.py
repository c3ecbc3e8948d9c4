"""Turns the lines that the benchmarks print into markdown tables.

A line is `subject, operation, size, nanoseconds`, tab-separated, and its time a median. The same line from several
rounds counts once, with the least of its times: what else the machine does can only add to them. Waking is told apart,
by the median: how soon an idle core wakes changes by itself. Every ratio in a table comes from one such run.

usage: report.py FILE
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

SIZES = {1 << 10: "1 KB", 10 << 10: "10 KB", 100 << 10: "100 KB", 1 << 20: "1 MB", 10 << 20: "10 MB"}
LOAN_SIZES = {size: name for size, name in SIZES.items() if size <= 1 << 20}
ACROSS_SIZES = {**SIZES, 100 << 20: "100 MB"}
FLAT_SIZES = {1 << 20: "1 MB", 10 << 20: "10 MB", 100 << 20: "100 MB", 1 << 30: "1 GB"}

Results = dict[tuple[str, str, int], list[float]]


def read(lines: Iterable[str]) -> Results:
    """The times of each line over its rounds, in nanoseconds."""
    results: Results = defaultdict(list)
    for line in lines:
        subject, operation, size, nanoseconds = line.rstrip("\n").split("\t")
        results[subject, operation, int(size)].append(float(nanoseconds))
    return results


def least(results: Results, subject: str, operation: str, size: int) -> float | None:
    """The least time of a line, or None when it was not measured."""
    return min(results.get((subject, operation, size), ()), default=None)


def micros(nanoseconds: float | None) -> str:
    """Microseconds with three significant figures at most."""
    if nanoseconds is None:
        return "–"
    value = nanoseconds / 1000
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(numerator: float | None, denominator: float | None) -> str:
    """A ratio, or a dash when one of the two was not measured."""
    if numerator is None or not denominator:
        return "–"
    value = numerator / denominator
    return f"{value:,.0f}×" if value >= 10 else f"{value:.2f}×"


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints one markdown table whose columns are aligned in plain text as well."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    print(f"\n### {title}\n")
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("| " + " | ".join(cells) + " |")


def by_size(results: Results, subject: str, operation: str, sizes: Iterable[int]) -> list[str]:
    """One row of times."""
    return [micros(least(results, subject, operation, size)) for size in sizes]


def native(results: Results) -> None:
    """The engine from Rust beside liblmdb from C."""
    rows: list[list[str]] = []
    for operation in ("put", "get", "view", "delete"):
        rows.append([f"{operation}, engine", *by_size(results, "engine", operation, SIZES)])
        rows.append([f"{operation}, liblmdb in C", *by_size(results, "liblmdb", operation, SIZES)])
        ratios = [
            ratio(least(results, "engine", operation, size), least(results, "liblmdb", operation, size))
            for size in SIZES
        ]
        rows.append([f"{operation}, engine ÷ liblmdb", *ratios])
    rows.append(["put of a new key, engine", *by_size(results, "engine", "put, new key", SIZES)])
    rows.append(["loan + publish, no copy, engine", *by_size(results, "engine", "loan + publish", SIZES)])
    rows.append(["memcpy", *by_size(results, "engine", "memcpy", SIZES)])
    table("Native, µs", ["operation", *SIZES.values()], rows)


def flat(results: Results) -> None:
    """Operations that must not depend on the size."""
    rows = []
    for operation in ("loan + publish", "delete"):
        times = [least(results, "engine", f"flat: {operation}", size) for size in FLAT_SIZES]
        rows.append([operation, *map(micros, times), ratio(times[-1], times[0])])
    table("Without the copy, µs", ["operation", *FLAT_SIZES.values(), "1 GB ÷ 1 MB"], rows)


def sweep(results: Results) -> None:
    """What a sweep costs, by what has expired and by what lives on."""
    counts = sorted({size for _, operation, size in results if operation.startswith("sweep")})
    lives = sorted(
        {operation for _, operation, _ in results if operation.startswith("sweep")},
        key=lambda name: int(name.split()[2]),
    )
    rows = [[name, *by_size(results, "engine", name, counts)] for name in lives]
    if len(lives) == 2:
        last, first = lives[1], lives[0]
        ratios = [ratio(least(results, "engine", last, n), least(results, "engine", first, n)) for n in counts]
        rows.append(["ratio", *ratios])
    table("Sweep, µs", ["", *(f"{count:,} expired" for count in counts)], rows)


def waking_and_opening(results: Results) -> None:
    """Single figures."""
    wakeups, floors = results["engine", "wakeup", 0], results["bare futex", "wakeup", 0]
    paired = [wakeup / floor for wakeup, floor in zip(wakeups, floors, strict=True)]
    rows = [
        ["put in one process until wait returns in another", micros(statistics.median(wakeups))],
        ["bare futex between two processes", micros(statistics.median(floors))],
        ["median ratio of neighbouring runs", ratio(statistics.median(paired), 1)],
        ["open a new store", micros(least(results, "engine", "open a new store", 0))],
        ["open an existing store", micros(least(results, "engine", "open an existing store", 0))],
    ]
    table("Waking and opening, µs", ["", "time"], rows)


def counting(results: Results) -> None:
    """What is counted of each call of a calculator."""
    nanoseconds = least(results, "engine", "count a call", 1024)
    table(
        "Counting and timing a call of a calculator, µs",
        ["", "time"],
        [["what is counted of one call", micros(nanoseconds)]],
    )


def contention(results: Results) -> None:
    """A small put while others fill large payloads."""
    rows = []
    for name, operation in (("alone", "put, alone"), ("beside four that fill", "put, beside four that fill")):
        rows.append([name, *(micros(least(results, "engine", f"{operation}: {which}", 1024)) for which in PUT_TIMES)])
    table("A put of 1 KB while four processes fill loans of 10 MB, µs", ["", *PUT_TIMES], rows)


PUT_TIMES = ("median", "p90", "p99")
OURS = "dishtayantra_lmdb"


def python_store(results: Results) -> None:
    """The package beside py-lmdb, operation by operation."""
    rows: list[list[str]] = []
    for operation in ("put", "get", "view", "delete", "put + view"):
        rows.append([f"{operation}, {OURS}", *by_size(results, OURS, operation, SIZES)])
        rows.append([f"{operation}, py-lmdb", *by_size(results, "py-lmdb", operation, SIZES)])
        ratios = [
            ratio(least(results, OURS, operation, size), least(results, "py-lmdb", operation, size)) for size in SIZES
        ]
        rows.append([f"{operation}, ours ÷ py-lmdb", *ratios])
    table("Python beside py-lmdb, bytes, µs", ["operation", *SIZES.values()], rows)


def python_hand_over(results: Results) -> None:
    """An array of float64 handed over and looked at, by every means a user has."""
    operation = "hand over"
    subjects = [subject for subject, name, _ in results if name == operation]
    others = [subject for subject in dict.fromkeys(subjects) if subject != OURS]
    rows = [[subject, *by_size(results, subject, operation, SIZES)] for subject in (OURS, *others)]
    for subject in others:
        ratios = [
            ratio(least(results, subject, operation, size), least(results, OURS, operation, size)) for size in SIZES
        ]
        rows.append([f"{subject} ÷ ours", *ratios])
    table("Python, handing over float64 values, µs", ["means", *SIZES.values()], rows)


ICEORYX2 = "iceoryx2"
LOAN_OPERATIONS = ("loan → release", "loan → release, filled")


def python_loans(results: Results) -> None:
    """Loans beside iceoryx2's."""
    rows: list[list[str]] = []
    for operation in LOAN_OPERATIONS:
        rows.extend(
            [f"{operation}, {subject}", *by_size(results, subject, operation, LOAN_SIZES)]
            for subject in (OURS, ICEORYX2)
        )
        ratios = [
            ratio(least(results, OURS, operation, size), least(results, ICEORYX2, operation, size))
            for size in LOAN_SIZES
        ]
        rows.append([f"{operation}, ours ÷ iceoryx2", *ratios])
    table("Python beside iceoryx2, loan → publish → view → release, µs", ["steps", *LOAN_SIZES.values()], rows)


ACROSS = "across"


def across(results: Results, language: str) -> None:
    """Payloads to another process and an answer back."""
    operation = f"{ACROSS}, {language}"
    subjects = list(dict.fromkeys(subject for subject, name, _ in results if name == operation))
    rows = [[subject, *by_size(results, subject, operation, ACROSS_SIZES)] for subject in subjects]
    for subject in subjects[1:]:
        ratios = [
            ratio(least(results, subject, operation, size), least(results, OURS, operation, size))
            for size in ACROSS_SIZES
        ]
        rows.append([f"{subject} ÷ ours", *ratios])
    title = f"{language}, a payload to another process, which looks at all of it and answers, µs"
    table(title, ["means", *ACROSS_SIZES.values()], rows)


def main() -> None:
    """Prints the tables for which the file has figures."""
    results = read(Path(sys.argv[1]).read_text().splitlines())
    operations = {(subject, operation) for subject, operation, _ in results}
    if ("engine", "put") in operations:
        native(results)
    if ("engine", "flat: delete") in operations:
        flat(results)
    if any(operation.startswith("sweep") for _, operation in operations):
        sweep(results)
    if ("engine", "wakeup") in operations:
        waking_and_opening(results)
    if ("engine", "put, alone: median") in operations:
        contention(results)
    if ("engine", "count a call") in operations:
        counting(results)
    if (OURS, LOAN_OPERATIONS[0]) in operations:
        python_loans(results)
    if (OURS, "put") in operations:
        python_store(results)
        python_hand_over(results)
    for language in ("Python", "Java"):
        if any(operation == f"{ACROSS}, {language}" for _, operation in operations):
            across(results, language)


if __name__ == "__main__":
    main()
