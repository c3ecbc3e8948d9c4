"""Whether the grids are whole, and whether a grid would notice that it is not."""

from __future__ import annotations

import math

import pytest
from grid import Grid
from table import BEHAVIOURS, CALCULATORS, FORMATS, LANGUAGES, LENGTHS, MODES, SIZES, TABLES

from dishtayantra_lmdb import LMDBTransport


def made_up() -> Grid:
    axes = {"formats": ("f", "g"), "writers": ("A",), "readers": ("A", "B"), "sizes": ("s", "l")}
    grid = Grid("made up", axes, {("g", "A", "B", size): "B has no g" for size in ("s", "l")}, ("a remark",))
    for cell in grid.cells():
        if cell not in grid.absent:
            grid.record(cell, None)
    return grid


def test_grid_counts_what_is_absent() -> None:
    grid = made_up()
    assert not grid.missing()
    assert not grid.surplus()
    text = "\n".join(grid.lines())
    assert "2 formats × 1 writers × 2 readers × 2 sizes = 8 cells: 6 passed, 0 failed, 0 missing, 2 absent" in text
    assert "absent: B has no g: g, A, B, s; g, A, B, l" in text
    assert "remark: a remark" in text


def test_grid_notices_a_missing_and_a_failed_cell() -> None:
    grid = made_up()
    del grid.results["f", "A", "B", "l"]
    grid.record(("f", "A", "A", "s"), "wrong dtype")
    assert grid.missing() == [("f", "A", "B", "l")]
    assert grid.failed() == [("f", "A", "A", "s")]
    text = "\n".join(grid.lines())
    assert "4 passed, 1 failed, 1 missing, 2 absent" in text
    assert "failed: f, A, A, s: wrong dtype" in text
    assert "F+" in text
    assert "+?" in text


def test_grid_notices_a_cell_that_should_not_be() -> None:
    grid = made_up()
    grid.record(("g", "A", "B", "s"), None)
    grid.record(("h", "A", "B", "s"), None)
    assert grid.surplus() == [("g", "A", "B", "s"), ("h", "A", "B", "s")]


@pytest.mark.last
def test_no_payload_cell_is_missing(payloads: Grid) -> None:
    check_whole(payloads, math.prod(map(len, (FORMATS, LANGUAGES, LANGUAGES, SIZES))))


@pytest.mark.last
def test_no_cell_of_tables_is_missing(tables: Grid) -> None:
    check_whole(tables, math.prod(map(len, (TABLES, LANGUAGES, LANGUAGES, LENGTHS))))


@pytest.mark.last
def test_no_calculator_cell_is_missing(calculations: Grid) -> None:
    check_whole(calculations, math.prod(map(len, (CALCULATORS, MODES, BEHAVIOURS))))


@pytest.mark.last
def test_store_is_sound_after_all_of_it(transport: LMDBTransport) -> None:
    report = transport.audit()
    assert report["faults"] == []
    assert report["loans"] == 0


def check_whole(grid: Grid, product: int) -> None:
    assert grid.missing() == []
    assert grid.surplus() == []
    assert len(grid.results) + len(grid.absent) == product
