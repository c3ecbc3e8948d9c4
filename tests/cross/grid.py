"""Cells by name, in rows and columns, counted against what there has to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Cell = tuple[str, ...]

# Absent cells that are named one by one.
FEW = 8


@dataclass
class Grid:
    """What became of every cell of a product.

    Attributes:
        title: what the grid shows.
        axes: the names along each axis. The last but one makes the columns, the last stands inside a cell, and the
            others make the rows.
        absent: cells that do not exist, and why.
        remarks: what has to be told about some cells.
    """

    title: str
    axes: Mapping[str, tuple[str, ...]]
    absent: Mapping[Cell, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    results: dict[Cell, str] = field(default_factory=dict)

    def record(self, cell: Cell, fault: str | None) -> None:
        """A cell was tried; ``fault`` says what was wrong."""
        self.results[cell] = fault or ""

    def cells(self) -> list[Cell]:
        """Every cell of the product, those that do not exist as well."""
        cells: list[Cell] = [()]
        for names in self.axes.values():
            cells = [(*cell, name) for cell in cells for name in names]
        return cells

    def missing(self) -> list[Cell]:
        """Cells of which nothing is known."""
        return [cell for cell in self.cells() if cell not in self.results and cell not in self.absent]

    def surplus(self) -> list[Cell]:
        """Cells that were tried and are not in the product, or are said not to exist."""
        return sorted((self.results.keys() - set(self.cells())) | (self.results.keys() & self.absent.keys()))

    def failed(self) -> list[Cell]:
        return [cell for cell, fault in self.results.items() if fault]

    def _inside(self, cell: Cell) -> str:
        inner = tuple(self.axes.values())[-1]
        marks = ""
        for name in inner:
            whole = (*cell, name)
            known = self.results.get(whole)
            marks += "-" if whole in self.absent else "?" if known is None else "F" if known else "+"
        return marks

    def lines(self) -> Iterable[str]:
        names = list(self.axes)
        cells = self.cells()
        product = " × ".join(f"{len(held)} {name}" for name, held in self.axes.items())
        yield (
            f"{self.title}: {product} = {len(cells)} cells: {len(self.results) - len(self.failed())} passed, "
            f"{len(self.failed())} failed, {len(self.missing())} missing, {len(self.absent)} absent"
        )
        *outer, across, inner = names
        yield f"in each cell: {', '.join(self.axes[inner])} (+ passed, F failed, ? not tried, - absent)"
        columns = self.axes[across]
        widths = [max(len(name), *(len(held) for held in self.axes[name])) + 2 for name in outer]
        wide = max(len(self.axes[inner]), *(len(name) for name in columns)) + 2
        yield (
            "".join(name.ljust(width) for name, width in zip(outer, widths, strict=True))
            + "".join(name.ljust(wide) for name in columns).rstrip()
        )
        rows: dict[Cell, None] = dict.fromkeys(cell[: len(outer)] for cell in cells)
        for row in rows:
            yield (
                "".join(name.ljust(width) for name, width in zip(row, widths, strict=True))
                + "".join(self._inside((*row, column)).ljust(wide) for column in columns).rstrip()
            )
        for cell in self.failed():
            yield f"failed: {', '.join(cell)}: {self.results[cell]}"
        for reason in dict.fromkeys(self.absent.values()):
            absent = [", ".join(cell) for cell, why in self.absent.items() if why == reason]
            shown = "; ".join(absent) if len(absent) <= FEW else f"{len(absent)} cells"
            yield f"absent: {reason}: {shown}"
        for remark in self.remarks:
            yield f"remark: {remark}"
