"""Mappings in which engines merged references, given to calculators directly: what is computed is
what would be on the payloads themselves.
"""

from __future__ import annotations

import collections
import copy
import ctypes
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from dishtayantra_rust_calculators import MatrixProcessor as Rust
from dishtayantra_rust_calculators import RiskCalculator as RustRisk

from dishtayantra_calculators import MatrixProcessor as Cpp
from dishtayantra_calculators import RiskCalculator as CppRisk
from dishtayantra_lmdb import (
    LMDBCalculatorMixin,
    LMDBConfig,
    LMDBDataExchange,
    LMDBTransport,
    resolve,
    wrap_with_lmdb,
)
from dishtayantra_lmdb._library.abi import library
from dishtayantra_lmdb._store import reference as reference_module
from dishtayantra_lmdb.errors import (
    CorruptError,
    EntryNotFoundError,
    ForeignStoreError,
    FormatError,
    InvalidArgumentError,
)

NATIVES = [pytest.param(Cpp, id="C++"), pytest.param(Rust, id="Rust")]
VALUES = np.arange(2000.0)
ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.fixture
def store(tmp_path):
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "store"), map_size=64 << 20)) as transport:
        yield transport


def reference(store, payload, **options):
    """The reference to a result, as the wrapper hands it to the engine."""
    config = {
        "lmdb_enabled": True,
        "lmdb_db_path": store.get_db_path(),
        "lmdb_exchange_mode": "reference",
        "lmdb_min_size": 0,
        **options,
    }
    made = wrap_with_lmdb(lambda _: payload, config, "makes").calculate({"x": 1})
    assert made["_lmdb_ref"] is True
    assert json.loads(json.dumps(made)) == made
    return made


def computed(native, payload):
    return native("m", {}).calculate(payload)


@pytest.mark.parametrize("native", NATIVES)
def test_payloads_in_the_store_that_hold_references(native, store):
    """The wrapper answers as on the payloads themselves; a native alone refuses."""
    values = reference(store, {"values": VALUES})
    bare = reference(store, VALUES, lmdb_data_format="numpy")
    rows = [reference(store, np.array(row), lmdb_data_format="numpy") for row in ROWS]
    for holding, same in [
        (values, VALUES),
        ({"values": bare}, VALUES),
        ({"values": rows}, ROWS),
        ({"values": [[1.0, 2.0], rows[1]]}, ROWS),
    ]:
        # As a result that a node answers goes to the store: what it holds stays as it is.
        store.put("holding", {**holding, "more": "x" * 5000} if holding is not values else holding)
        given = {
            "_lmdb_ref": True,
            "_lmdb_input_key": "holding",
            "_lmdb_db_path": store.get_db_path(),
            "_lmdb_db_name": "default",
        }
        with pytest.raises(FormatError, match="reference"):
            computed(native, given)
        wanted = computed(native, {"values": same})
        for mode in ("input", "both"):
            config = {"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_exchange_mode": mode}
            answer = wrap_with_lmdb(native("m", {}), config, "m").calculate(given)
            np.testing.assert_equal(answer, wanted)


class Level(LMDBCalculatorMixin):
    """Of the fields that it gets the ones that matter, of which one may be missing."""

    def __init__(self, name, config):
        pass

    def calculate(self, data):
        payload = self.lmdb_read_input() if data.get("_lmdb_ref") else data
        return {"level": payload.get("level"), "sum": float(payload["values"].sum())}


LEVELS = [pytest.param(CppRisk, id="C++"), pytest.param(RustRisk, id="Rust"), pytest.param(Level, id="Python")]


@pytest.mark.parametrize("base", [True, False], ids=["with base fields", "markers alone"])
@pytest.mark.parametrize("values", [3, 5000])
@pytest.mark.parametrize("made", LEVELS)
def test_a_field_that_may_be_missing_is_not_lost_from_what_was_merged_in_the_store(made, values, base, store):
    merged = {"values": np.arange(float(values)), **reference(store, {"level": 0.5})}
    if not base:
        merged = {k: v for k, v in merged.items() if not k.startswith("_lmdb_") or k.startswith("_lmdb_ref_")}
    store.put("holding", merged)
    given = {
        "_lmdb_ref": True,
        "_lmdb_input_key": "holding",
        "_lmdb_db_path": store.get_db_path(),
        "_lmdb_db_name": "default",
    }
    for mode in ("input", "output", "both", "reference"):
        config = {"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_exchange_mode": mode}
        answer = wrap_with_lmdb(made("m", {}), config, "m").calculate(given)
        assert store.resolve(answer)["level"] == 0.5
    if made is not Level:
        with pytest.raises(FormatError, match="reference"):
            computed(made, given)


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_references_in_an_output_are_resolved_whether_it_is_written_or_returned(mode, written, store):
    other = reference(store, {"level": 0.5, "pad": "x" * 5000})

    class Passing(LMDBCalculatorMixin):
        def calculate(self, data):
            answer = {**other, "own": 1}
            if written and "_lmdb_output_key" in data and self.lmdb_write_output(answer):
                return {"_lmdb_output_written": True}
            return answer

    config = {"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_exchange_mode": mode}
    answer = wrap_with_lmdb(Passing(), config, "m").calculate({"x": [1.0] * 2000})
    assert store.resolve(answer) == {"level": 0.5, "pad": "x" * 5000, "own": 1}


def test_references_in_the_output_that_an_engine_takes_are_resolved(store):
    other = reference(store, {"level": 0.5})
    exchange = LMDBDataExchange({"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_min_size": 0}, "m")
    exchange.initialize()
    key = exchange.put_input({"x": [1.0] * 2000}, "1")
    store.view(key).close()
    store.put(exchange.generate_key("output", "1"), {**other, "own": 1})
    assert exchange.get_output("1") == {"level": 0.5, "own": 1}
    exchange.cleanup("1")
    exchange.close()


@pytest.mark.parametrize("native", NATIVES)
@pytest.mark.parametrize(
    ("extra", "wanted"),
    [({"_lmdb_entry": "zz"}, 3.0), ({"_lmdb_ref": 1}, 3.0), ({"_lmdb_ref_x": 5}, CorruptError)],
    ids=["an entry alone", "a ref that is not true", "a marker that is no text"],
)
def test_names_of_the_protocol_beside_a_plain_payload_mean_the_same_in_every_language(native, extra, wanted, store):
    config = {"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_min_size": 0}
    for calculator in (native("m", {}), wrap_with_lmdb(native("m", {}), config, "m")):
        if isinstance(wanted, float):
            assert calculator.calculate({"values": [1.0, 2.0], **extra})["sum"] == wanted
        else:
            with pytest.raises(wanted, match="_lmdb_ref_x"):
                calculator.calculate({"values": [1.0, 2.0], **extra})


@pytest.mark.parametrize("native", NATIVES)
def test_a_reference_to_a_mapping_under_a_name_is_that_mapping(native, store):
    """And no array, whether it is resolved or lies there."""
    mapping = reference(store, {"values": VALUES})
    config = {"lmdb_enabled": True, "lmdb_db_path": store.get_db_path(), "lmdb_min_size": 0}
    for given in ({"values": mapping}, {"values": {"values": VALUES}}, {"values": [mapping]}):
        for calculator in (native("m", {}), wrap_with_lmdb(native("m", {}), config, "m")):
            with pytest.raises(InvalidArgumentError, match="'values'"):
                calculator.calculate(given)


@pytest.mark.parametrize("native", NATIVES)
def test_references_side_by_side_nested_and_in_lists_are_resolved(native, store):
    values = reference(store, {"values": VALUES})
    other = reference(store, {"other": VALUES})
    bare = reference(store, VALUES, lmdb_data_format="numpy")
    rows = [reference(store, np.array(row), lmdb_data_format="numpy") for row in ROWS]
    plain = {"values": VALUES}
    table = [
        (values, plain),
        ({**other, **values}, plain),
        ({**values, **other}, plain),
        ({**values, "more": 7.0, "text": "x"}, plain),
        ({**other, "values": VALUES}, plain),
        ({"values": bare}, plain),
        ({**other, "values": bare}, plain),
        ({"values": rows}, {"values": ROWS}),
        ({"values": tuple(rows)}, {"values": ROWS}),
        ({key: item for key, item in values.items() if key != "_lmdb_ref"}, plain),
    ]
    for given, same in table:
        kept = json.dumps(given, default=repr)
        assert computed(native, given) == computed(native, same), given
        assert json.dumps(given, default=repr) == kept


@pytest.mark.parametrize("native", NATIVES)
def test_what_cannot_be_joined_is_refused(native, store):
    values = reference(store, {"values": VALUES})
    again = reference(store, {"values": VALUES})
    bare = reference(store, VALUES, lmdb_data_format="numpy")
    other = reference(store, {"other": VALUES})
    classic = {key: item for key, item in other.items() if key != "_lmdb_entry" and not key.startswith("_lmdb_ref_")}
    table = [
        ({**values, **again}, InvalidArgumentError),
        ({**values, "values": VALUES}, InvalidArgumentError),
        ({**values, **bare}, InvalidArgumentError),
        ({**bare, "more": 7.0}, InvalidArgumentError),
        ({"values": other}, InvalidArgumentError),
        ({**values, **classic}, CorruptError),
        ({**values, "_lmdb_input_key": 7}, CorruptError),
    ]
    for given, expected in table:
        with pytest.raises(expected):
            computed(native, given)


@pytest.mark.parametrize("native", NATIVES)
def test_a_reference_is_one_whose_lmdb_ref_is_true_and_nothing_else(native, store):
    store.put("i", {"values": VALUES})
    path = store.get_db_path()
    fields = {"_lmdb_input_key": "i", "_lmdb_db_path": path, "_lmdb_db_name": "default"}
    for truth in (True, 1, 1.0, "true", [0], np.bool_(True), 0, False, None):
        try:
            answer = computed(native, {**fields, "_lmdb_ref": truth})
            read = bool(answer["sum"] == VALUES.sum())
        except (InvalidArgumentError, ValueError):
            read = False
        assert read is (truth is True), truth


@pytest.mark.parametrize("native", NATIVES)
def test_a_reference_never_resolves_to_other_bytes(native, store):
    made = reference(store, {"values": VALUES})
    store.put(made["_lmdb_input_key"], {"values": VALUES + 1})
    with pytest.raises(EntryNotFoundError, match="replaced"):
        computed(native, made)
    _, entry = made["_lmdb_entry"].split(":")
    foreign = {key: item for key, item in made.items() if not key.startswith("_lmdb_ref_")}
    with pytest.raises(ForeignStoreError):
        computed(native, {**foreign, "_lmdb_entry": f"{1:032x}:{entry}"})


@pytest.mark.parametrize("native", NATIVES)
def test_the_output_goes_where_the_base_fields_ask(native, store):
    given = {**reference(store, {"values": VALUES}), **reference(store, {"other": VALUES})}
    output = f"output:m:{given['_txn_id']}"
    written = computed(native, {**given, "_lmdb_output_key": output})
    assert written == {"_lmdb_output_written": True}
    assert store.get(output)["sum"] == VALUES.sum()
    # Under another's key nothing is written.
    store.put("limits", {"theirs": 1})
    for key in ("limits", "free"):
        assert computed(native, {**given, "_lmdb_output_key": key})["sum"] == VALUES.sum()
    assert store.get("limits") == {"theirs": 1}
    assert not store.contains("free")


def test_anybody_can_resolve(store):
    plain = {"values": [1, 2], "deep": ({"x": None},)}
    assert resolve(plain) is plain
    for given in (reference(store, {"a": VALUES}), {"p": [reference(store, {"a": VALUES})]}):
        kept = copy.deepcopy(given)
        found = resolve(given)
        found = found if "a" in found else found["p"][0]
        assert set(found) == {"a"}
        assert np.array_equal(found["a"], VALUES)
        assert given == kept
        assert pickle.loads(pickle.dumps(given)) == given
        assert not found["a"].flags.owndata
        changed = resolve(given, copy=True)
        (changed if "a" in changed else changed["p"][0])["a"][0] = 5
        assert np.array_equal(store.resolve(found)["a"], VALUES)


def test_the_wire_names_are_the_librarys():
    name = library.dy_lmdb_reference_name
    name.restype = ctypes.c_char_p
    names = [name(at) for at in range(11)]
    assert names == [
        *(name.encode() for name in reference_module._WIRE_NAMES),
        reference_module.MARKER.encode(),
        reference_module.OUTPUT_WRITTEN.encode(),
        None,
    ]


FOLLOWS = """
import json, logging, sys
logging.basicConfig(format="%(message)s")
from dishtayantra_lmdb import resolve
from dishtayantra_lmdb.errors import StorePermissionError
for text in sys.argv[1:]:
    try:
        print(resolve(json.loads(text)))
    except StorePermissionError as error:
        print("refused", "LMDB_ALLOWED_ROOTS" in str(error))
"""


def test_references_are_followed_where_the_process_allows_it(store, tmp_path):
    with LMDBTransport(LMDBConfig(db_path=str(tmp_path / "other" / "store"))) as other:
        made = [json.dumps(reference(there, {"a": "b"})) for there in (store, other)]
        followed = "{'a': 'b'}"
        for roots, expected, warned in (
            (None, [followed, followed], True),
            (str(tmp_path), [followed, followed], False),
            (str(tmp_path / "other"), ["refused True", followed], False),
        ):
            environment = {**os.environ, "LMDB_ALLOWED_ROOTS": roots or ""}
            run = subprocess.run(
                [sys.executable, "-c", FOLLOWS, *made],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            assert run.stdout.splitlines() == expected, run.stderr
            assert run.stderr.count("lmdb_allowed_roots") == warned, run.stderr


def test_references_in_dicts_of_other_classes_are_resolved(store):
    made = reference(store, {"a": "b"})
    markers = {key: item for key, item in made.items() if key.startswith(reference_module.MARKER)}
    for given, expected in (
        (collections.defaultdict(dict, p=made), {"p": {"a": "b"}}),
        ({"p": collections.OrderedDict(made)}, {"p": {"a": "b"}}),
        (collections.OrderedDict(markers), {"a": "b"}),
    ):
        assert resolve(given) == expected
