"""The calculators of every native language in every mode, in another process, whether they know references or not."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import content
import numpy as np
import pytest
from grid import Grid
from peer import Peer
from table import BEHAVIOURS, CALCULATORS, MODES

from dishtayantra_lmdb import DataFormat, LMDBTransport

COUNT = 8192
ROUNDS = 2
RELATIVE = 1e-12
PATIENCE = 20

CASES = [
    case for case in itertools.product(CALCULATORS, MODES, BEHAVIOURS) if case[1] not in CALCULATORS[case[0]].absent
]


def expected(values: np.ndarray, behaviour: str) -> dict[str, int | float]:
    """What NumPy says."""
    if behaviour == "ignores":
        return {"sum": math.fsum(values)}
    losses = -values
    value_at_risk = float(np.quantile(losses, 0.95))
    return {
        "level": 0.95,
        "observations": values.size,
        "value_at_risk": value_at_risk,
        "expected_shortfall": float(losses[losses >= value_at_risk].mean()),
        "exposure": 1.0,
        "net_exposure": 1.0,
    }


def check_result(result: Any, values: np.ndarray, behaviour: str) -> None:
    wanted = expected(values, behaviour)
    assert result == pytest.approx(wanted, rel=RELATIVE)
    assert {name: type(value) for name, value in result.items()} == {n: type(v) for n, v in wanted.items()}


def counts(mode: str, behaviour: str, rounds: int) -> dict[str, int]:
    """What the calculator should have counted: whether the payloads really went through the store."""
    if behaviour == "answers":
        return {
            "references": 0 if mode == "output" else rounds,
            "outputs_written": 0 if mode == "input" else rounds,
        }
    # The first call that sends a reference is repeated with the payload.
    return {"calls": rounds if mode == "output" else rounds + 1}


def check_store(transport: LMDBTransport, worker: Peer) -> None:
    """Nothing of the calculation is lent, and nothing is looked at any more."""
    deadline = time.monotonic() + PATIENCE
    while True:
        stats = transport.stats()
        held = [*stats["loans"], *stats["pins"]]
        if not held:
            break
        assert time.monotonic() < deadline, f"still held: {held}"
        # Java's buffers end with the garbage collector.
        worker.ask("collect")
        time.sleep(0.05)
    assert transport.audit()["faults"] == []


@pytest.mark.parametrize(("name", "mode", "behaviour"), CASES, ids=["-".join(case) for case in CASES])
def test_calculator(
    name: str,
    mode: str,
    behaviour: str,
    peer: Callable[[str, str], Peer],
    calculations: Grid,
    transport: LMDBTransport,
    store_path: Path,
) -> None:
    cell = (name, mode, behaviour)
    calculations.record(cell, "raised; see the test")
    seeds = [100 + 10 * CASES.index(cell) + number for number in range(ROUNDS)]
    worker = peer(name, "worker")
    answer = worker.ask(
        "calculate",
        name=f"{mode}-{behaviour}",
        native=getattr(CALCULATORS[name], behaviour),
        mode=mode,
        seeds=seeds,
        count=COUNT,
        references=[],
        counts=list(counts(mode, behaviour, ROUNDS)),
    )
    for seed, result in zip(seeds, answer["results"], strict=True):
        if mode == "reference" and behaviour == "answers":
            assert result["_lmdb_ref"] is True
        if "_lmdb_ref" in result:
            result = transport.resolve(result)
        check_result(result, content.floats(seed, COUNT), behaviour)
    assert answer["counted"] == counts(mode, behaviour, ROUNDS)
    assert answer["warned"] == (behaviour == "ignores" and mode != "output")
    for key in transport.keys(""):
        transport.delete(key)
    check_store(transport, worker)
    calculations.record(cell, None)


@pytest.mark.parametrize("name", CALCULATORS)
def test_calculator_takes_a_reference_of_another_process(
    name: str, peer: Callable[[str, str], Peer], transport: LMDBTransport, store_path: Path
) -> None:
    values = content.floats(7, COUNT)
    transport.put("node:1", {"values": values}, DataFormat.MSGPACK)
    reference = {
        "_lmdb_ref": True,
        "_lmdb_input_key": "node:1",
        "_lmdb_db_path": str(store_path),
        "_lmdb_db_name": "default",
    }
    answer = peer(name, "worker").ask(
        "calculate",
        name="chained",
        native=CALCULATORS[name].answers,
        mode="reference",
        seeds=[],
        count=0,
        references=[reference],
        counts=["references", "outputs_written"],
    )
    (result,) = answer["results"]
    check_result(transport.resolve(result), values, "answers")
    assert answer["counted"] == {"references": 1, "outputs_written": 1}
    assert transport.contains("node:1")
    for key in transport.keys(""):
        transport.delete(key)
    check_store(transport, peer(name, "worker"))
