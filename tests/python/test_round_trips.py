"""The demo's round trips of numbers and of rows: every way answers right, and a wrong answer is told."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

DEMO = Path(__file__).resolve().parents[2] / "demo"


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The demo's module, with few trips of two small sizes, of which the second has too many rows."""
    monkeypatch.syspath_prepend(DEMO)
    module = importlib.import_module("round_trips")
    sizes = {"SIZES": {800: "few", 1600: "more"}, "WANTED_AT": 800, "ROWS_MOST": 800}
    for name, value in {**sizes, "SECONDS": 0, "LEAST": 1}.items():
        monkeypatch.setattr(module, name, value)
    return module


def show(round_trips: ModuleType, store: str) -> tuple[bool, str]:
    """Whether all was right, and what was printed."""
    text = io.StringIO()
    right = round_trips.show(store, np.arange(77.0), Console(file=text, width=200))
    return right, text.getvalue()


def test_every_way_answers_right(round_trips: ModuleType, store_path: str) -> None:
    right, text = show(round_trips, store_path)
    assert right
    assert "wrong" not in text
    cells = {line.split()[1]: line.count("–") for line in text.splitlines() if line.startswith("│")}
    assert cells == {"few": 0, "more": 2}
    assert "at few rows are faster than MessagePack: " in text


@pytest.mark.parametrize("way", ["scale_json", "scale_msgpack", "scale_rows_json", "scale_rows_msgpack"])
def test_a_wrong_answer_is_told(
    round_trips: ModuleType, store_path: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(round_trips, way, lambda document: document)
    right, text = show(round_trips, store_path)
    assert not right
    assert "wrong answers at few" in text


def test_wrong_rows_of_the_exchange_are_told(round_trips: ModuleType) -> None:
    assert not round_trips.measure_rows(lambda payload: payload, np.arange(3.0)).right
