"""References that travel from calculator to calculator."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
from conftest import MAP_SIZE, Run
from natives import MODULES
from wrapping import EXPECTED, LARGE, MODES, Direct, Seeing, double, wrapped

from dishtayantra_lmdb import (
    EntryNotFoundError,
    LMDBCalculatorMixin,
    LMDBTimeoutError,
    LMDBTransport,
    wrap_with_lmdb,
)


def test_a_chain_in_which_every_node_makes_a_payload(transport: LMDBTransport) -> None:
    class Making(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            self.lmdb_write_output(self.lmdb_read_input() * 2, format="numpy")
            return {"_lmdb_output_written": True}

    nodes = [
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
        wrapped(transport, Making(), "reference", lmdb_data_format="numpy"),
    ]
    result: Any = np.arange(10_000.0)
    offsets = []
    for node in nodes:
        result = node.calculate(result)
        assert result["_lmdb_ref"] is True
        assert result["_lmdb_input_key"].startswith("output:calc:")
        with transport.view(result["_lmdb_input_key"]) as view:
            offsets.append(view.file_offset)
    assert transport.resolve(result)[-1] == 9999 * 8
    assert len(set(offsets)) == 3
    assert len(transport.keys()) == 3
    last = wrapped(transport, Writing(), "both", lmdb_data_format="numpy")
    assert last.calculate(result) == {"last": 9999.0 * 8}
    assert len(transport.keys()) == 3
    for node in (*nodes, last):
        node.close()


class Writing(LMDBCalculatorMixin):
    def calculate(self, data: Any) -> Any:
        self.lmdb_write_output({"last": float(self.lmdb_read_input()[-1])})
        return {"_lmdb_output_written": True}


@pytest.mark.parametrize("kind", ["ignores", "fails on it", "returns nothing", Direct, "resolves"])
@pytest.mark.parametrize("mode", MODES)
def test_a_chained_reference_is_never_computed_on(transport: LMDBTransport, mode: str, kind: Any) -> None:
    first = wrapped(transport, Direct(), "reference", lmdb_min_size=1)
    inner: Any
    expected: Any = {"count": 2}
    if kind == "ignores":
        inner = Seeing(lambda data: {"count": len([key for key in data if key[0] != "_"])})
    elif kind == "fails on it":
        inner = Seeing(lambda data: {"count": len(data["doubled"]) - 2998})
    elif kind == "returns nothing":
        inner, expected = Seeing(lambda data: None), None
    elif kind is Direct:
        inner = Seeing(lambda data: {"count": len(_read(transport, data)["doubled"]) - 2998})
    else:
        inner = Seeing(lambda data: {"count": len(transport.resolve(data)) if "_lmdb_ref" in data else 2})
    second = wrapped(transport, inner, mode)
    for _ in range(3):
        reference = first.calculate(LARGE)
        assert reference["_lmdb_ref"]
        # Somebody else has opened the input already.
        assert transport.resolve(reference) == EXPECTED
        began = time.monotonic()
        assert second.calculate(reference) == expected
        assert time.monotonic() - began < 20
    first.close()
    second.close()


def _read(transport: LMDBTransport, data: Any) -> Any:
    return transport.get(data["_lmdb_input_key"]) if "_lmdb_ref" in data else data


def test_a_calculator_proven_once_gets_chained_references_as_they_are(
    transport: LMDBTransport,
) -> None:
    inner = Seeing(lambda data: {"n": len(_read(transport, data)["doubled"])})
    first = wrapped(transport, Direct(), "reference")
    second = wrapped(transport, inner, "both")
    reference = first.calculate(LARGE)
    for _ in range(3):
        assert second.calculate(reference) == {"n": 3000}
    keys = [data["_lmdb_input_key"] for data in inner.got]
    assert keys.count(reference["_lmdb_input_key"]) == 3
    assert len(keys) == 4
    assert transport.contains(reference["_lmdb_input_key"])
    first.close()
    second.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_reference_whose_input_is_gone_raises(transport: LMDBTransport, mode: str) -> None:
    first = wrapped(transport, Direct(), "reference")
    reference = first.calculate(LARGE)
    transport.delete(reference["_lmdb_input_key"])
    for inner in (Direct(), Seeing(double), Seeing(lambda data: {"count": len(data)})):
        second = wrapped(transport, inner, mode)
        with pytest.raises(EntryNotFoundError, match="missing or expired"):
            second.calculate(reference)
        second.close()
    first.close()


def test_a_reference_to_another_store_is_resolved(transport: LMDBTransport, tmp_path: Any) -> None:
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": str(tmp_path / "other"),
        "lmdb_map_size": MAP_SIZE,
        "lmdb_exchange_mode": "reference",
        "lmdb_db_name": "theirs",
    }
    first = wrap_with_lmdb(Direct(), config, "first")
    second = wrapped(transport, Seeing(lambda data: {"n": len(_read(transport, data)["doubled"])}))
    assert second.calculate(first.calculate(LARGE)) == {"n": 3000}
    first.close()
    second.close()


def test_a_reference_to_another_database_of_the_store(transport: LMDBTransport) -> None:
    first = wrapped(transport, Direct(), "reference", lmdb_db_name="theirs")
    second = wrapped(transport, Direct2(), "both", lmdb_db_name="ours")
    assert second.calculate(first.calculate(LARGE)) == {"n": 3000}
    assert transport.keys(db_name="ours") == []
    first.close()
    second.close()


class Direct2(LMDBCalculatorMixin):
    def calculate(self, data: Any) -> Any:
        self.lmdb_write_output({"n": len(self.lmdb_read_input()["doubled"])})
        return {"_lmdb_output_written": True}


def test_an_answer_that_is_a_reference(transport: LMDBTransport) -> None:
    transport.put("elsewhere", {"a": [1] * 1000})
    answer = {
        "_lmdb_ref": True,
        "_lmdb_input_key": "elsewhere",
        "_lmdb_db_path": transport.get_db_path(),
        "_lmdb_db_name": "default",
    }
    for mode in ("output", "both", "reference"):
        calculator = wrapped(transport, lambda data: dict(answer), mode)
        result = calculator.calculate({"small": 1})
        assert result == (answer if mode == "reference" else {"a": [1] * 1000})
        calculator.close()


def test_an_input_passed_on_by_reference_is_kept(transport: LMDBTransport) -> None:
    def calculate(data: Any) -> Any:
        transport.resolve(data)
        return {key: value for key, value in data.items() if key != "_lmdb_output_key"}

    calculator = wrapped(transport, calculate, "reference")
    result = calculator.calculate(LARGE)
    assert transport.resolve(result) == LARGE
    calculator.close()


NODE = """
import json, sys
import numpy as np
from dishtayantra_lmdb import LMDBCalculatorMixin, wrap_with_lmdb

class PassesOn(LMDBCalculatorMixin):
    calls = address = 0

    def __init__(self, name, config):
        pass

    def calculate(self, data):
        self.calls += 1
        payload = self.lmdb_read_input()
        values = payload["values"] if isinstance(payload, dict) else payload
        self.address = values.__array_interface__["data"][0]
        return data

def offset_in_file(address, file):
    # Where the map of the store's file puts this address: begin-end perms offset dev inode path.
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            begin, end = (int(part, 16) for part in fields[0].split("-"))
            if begin <= address < end:
                assert fields[5].strip() == file, line
                assert "w" not in fields[1], line
                return int(fields[2], 16) + address - begin
    raise AssertionError(f"{address:#x} is mapped nowhere")

language, path, wanted, given = sys.argv[1:5]
if language == "C++":
    sys.path.insert(0, sys.argv[5])
    from dishtayantra_test_natives import PassesOn
config = {
    "lmdb_enabled": True,
    "lmdb_db_path": path,
    "lmdb_data_format": wanted,
    "lmdb_exchange_mode": "reference",
}
calculator = PassesOn("node", config)
if given:
    payload = json.loads(given)
elif wanted == "numpy":
    payload = np.arange(100_000.0)
else:
    payload = {"meta": {"name": "n", "tags": ["a", 1]}, "weights": np.ones(10, "f4"), "values": np.arange(100_000.0)}
result = wrap_with_lmdb(calculator, config, f"node of {language}").calculate(payload)
assert calculator.calls == 1, calculator.calls
offset = offset_in_file(calculator.address, path + "/data.mdb")
print(json.dumps({"result": result, "offset": offset}))
"""


@pytest.mark.parametrize("languages", [("Python", "C++", "C++"), ("Python", "Python", "Python")])
@pytest.mark.parametrize("wanted", ["numpy", "msgpack"])
def test_a_payload_passed_on_by_reference_is_never_copied(
    transport: LMDBTransport, run: Run, wanted: str, languages: tuple[str, ...]
) -> None:
    # Each node is a process of its own; what they see lies at one place in the store's file.
    reference, offsets, ends = "", [], set()
    for language in languages:
        done = json.loads(run(NODE, language, transport.get_db_path(), wanted, reference, MODULES[1]).stdout)
        reference = json.dumps(done["result"])
        offsets.append(done["offset"])
        ends.add(done["result"]["_lmdb_input_key"])
    assert transport.keys() == list(ends)
    assert transport.stats()["counters"]["puts"] == 1
    with transport.view(ends.pop()) as view:
        payload = view.value()
        items = payload if wanted == "numpy" else payload["values"]
        place = view.file_offset + items.__array_interface__["data"][0] - view.address
        assert offsets == [place] * 3
        np.testing.assert_array_equal(items, np.arange(100_000.0))
        if wanted == "msgpack":
            assert payload["meta"] == {"name": "n", "tags": ["a", 1]}


def chained_pair(transport: LMDBTransport, inner: Any, **more: Any) -> tuple[Any, Any]:
    first = wrapped(transport, Direct(), "reference", lmdb_min_size=1)
    return first, wrapped(transport, inner, "both", **more)


@pytest.mark.parametrize("answer", ["a value", None])
@pytest.mark.parametrize("size", [3, 3000], ids=["in its record", "in an extent"])
def test_a_calculator_that_settles_a_chained_reference_is_not_waited_for(
    transport: LMDBTransport, answer: Any, size: int
) -> None:
    class Settling(LMDBCalculatorMixin):
        def calculate(self, data: Any) -> Any:
            payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
            assert len(payload["doubled"]) == size
            return answer

    # Nobody would wait out this timeout.
    first, second = chained_pair(transport, Settling(), lmdb_wait_timeout=3_600_000)
    for _ in range(3):
        reference = first.calculate({"values": [5] * size, "name": "x"})
        assert reference["_lmdb_ref"]
        assert second.calculate(reference) == answer
    first.close()
    second.close()


def test_a_chained_reference_that_is_opened_and_not_answered_runs_into_the_timeout(
    transport: LMDBTransport,
) -> None:
    inner = Seeing(lambda data: transport.resolve(data) and None)
    first, second = chained_pair(transport, inner, lmdb_wait_timeout=50)
    for _ in range(2):
        with pytest.raises(LMDBTimeoutError, match="50 ms"):
            second.calculate(first.calculate(LARGE))
    assert len(inner.got) == 2
    first.close()
    second.close()


@pytest.mark.parametrize("fails", [False, True])
def test_a_calculator_that_opens_a_chained_reference_is_called_once(transport: LMDBTransport, fails: bool) -> None:
    class Reading(LMDBCalculatorMixin):
        calls = 0

        def calculate(self, data: Any) -> Any:
            self.calls += 1
            count = len(self.lmdb_read_input()["doubled"])
            if fails:
                raise ArithmeticError(f"{count} are too many")
            return {"count": count}

    inner = Reading()
    first, second = chained_pair(transport, inner)
    reference = first.calculate(LARGE)
    if fails:
        with pytest.raises(ArithmeticError, match="3000 are too many"):
            second.calculate(reference)
    else:
        assert second.calculate(reference) == {"count": 3000}
    assert inner.calls == 1
    # Nothing was put but the payload.
    assert transport.stats()["counters"]["puts"] == 2
    first.close()
    second.close()
