"""References to stores that other containers have at other paths: real mounts, in a namespace of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PATIENCE, Run, without
from natives import MODULES, numpy_matrix, samples

from dishtayantra_lmdb import LMDBCalculatorConfig, LMDBDataExchange, resolve, wrap_with_lmdb
from dishtayantra_lmdb.errors import ConfigError

# The directory is at another path, and at its own is another file system.
MOUNTS = 'mount --bind "$1" "$2" && mount -t tmpfs none "$1" && shift 2 && exec "$@"'


def in_a_namespace() -> list[str]:
    """The command that runs another in a mount namespace."""
    commands = (["unshare", *options] for options in (["--mount"], ["--mount", "--user", "--map-root-user"]))
    mounting = ("mount", "--bind", "/tmp", "/mnt")
    for command in commands:
        if subprocess.run([*command, *mounting], capture_output=True).returncode == 0:
            break
    else:
        without("mount namespaces are not permitted here")
    return command


class Containers:
    """A directory that this process has at one path, and programs that it starts at another."""

    def __init__(self, top: Path) -> None:
        self.theirs, self.mine = top / "theirs", top / "mine"
        self.mine.mkdir()
        self.command = in_a_namespace()
        self.config = {"lmdb_enabled": True, "lmdb_db_path": str(self.theirs / "store"), "lmdb_wait_timeout": 20_000}

    def run(self, source: str, *arguments: object, **environment: str) -> str:
        """What Python source prints where the directory is at ``mine``."""
        mounts = ["sh", "-c", MOUNTS, "sh", str(self.theirs), str(self.mine)]
        python = [sys.executable, "-c", source, str(self.theirs), str(self.mine), *map(str, arguments)]
        done = subprocess.run(
            [*self.command, *mounts, *python],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def containers(tmp_path: Path) -> Containers:
    return Containers(tmp_path)


RESOLVES = """
import json, os, sys
from dishtayantra_lmdb import LMDBDataExchange, resolve
from dishtayantra_lmdb.errors import ConfigError, EntryNotFoundError, ForeignStoreError, LMDBError
theirs, mine, text = sys.argv[1:]
reference = json.loads(text)
own = {"lmdb_enabled": True, "lmdb_db_path": theirs + "/store"}
assert not os.path.exists(theirs + "/store")
try:
    resolve(reference)
    raise SystemExit("it was found")
except EntryNotFoundError as error:
    assert "lmdb_path_map" in str(error) and theirs in str(error), error
# Another store is made at the path.
exchange = LMDBDataExchange(own, "m")
exchange.open()
try:
    resolve(reference)
    raise SystemExit("another store was taken for it")
except ForeignStoreError as error:
    assert error.args and theirs in str(error) and reference["_lmdb_entry"][:32] in str(error), error
mapped = LMDBDataExchange({**own, "lmdb_db_path": theirs + "/third", "lmdb_path_map": {theirs: mine}}, "m")
mapped.open()
assert mapped.config.path_map == {theirs: mine}
print(resolve(reference)["values"])
"""


def test_a_reference_is_resolved_where_the_configuration_maps_it(containers: Containers) -> None:
    exchange = LMDBDataExchange(containers.config, "m")
    exchange.open()
    fields = exchange.put({"values": [1, 2, 3]}, "17").fields()
    assert containers.run(RESOLVES, json.dumps(fields)) == "[1, 2, 3]\n"


CALCULATES = """
import importlib, json, sys
theirs, mine, text, module, *places = sys.argv[1:]
sys.path[:0] = places
calculators = importlib.import_module(module)
answer = calculators.MatrixProcessor("m", {}).calculate(json.loads(text))
assert answer["_lmdb_output_written"] is True, answer
"""


@pytest.mark.parametrize("module", ["dishtayantra_calculators", "dishtayantra_rust_calculators"])
def test_native_calculators_answer_from_where_the_environment_maps_a_reference(
    containers: Containers, module: str
) -> None:
    exchange = LMDBDataExchange(containers.config, "m")
    exchange.open()
    values = samples(10_000)
    fields = exchange.put({"values": values}, "17").fields()
    path_map = json.dumps({str(containers.theirs): str(containers.mine)})
    containers.run(CALCULATES, json.dumps(fields), module, *MODULES, LMDB_PATH_MAP=path_map)
    assert exchange.get_output("17") == pytest.approx(numpy_matrix(values), rel=1e-9)


ANSWERS = """
import json, sys
from dishtayantra_lmdb import LMDBCalculatorMixin, LMDBConfig, LMDBTransport
theirs, mine, text = sys.argv[1:]

class Answers(LMDBCalculatorMixin):
    def calculate(self, data):
        self.lmdb_write_output({"values": [1, 2, 3]})
        return {"_lmdb_output_written": True}

with LMDBTransport(LMDBConfig(db_path=f"{mine}/store")):
    Answers().calculate(json.loads(text))
"""


def test_an_answer_of_mode_output_goes_into_the_store_that_is_open_at_another_path(containers: Containers) -> None:
    class Sends:
        def calculate(self, data: dict[str, Any]) -> dict[str, Any]:
            fields = {name: value for name, value in data.items() if name.startswith("_")}
            containers.run(ANSWERS, json.dumps(fields))
            return {"_lmdb_output_written": True}

    config = containers.config | {"lmdb_exchange_mode": "output", "lmdb_min_size": 0}
    assert wrap_with_lmdb(Sends(), config, "sends").calculate({"x": 1}) == {"values": [1, 2, 3]}


TRAVELS = """
import json, os, sys
from dishtayantra_lmdb import calculator, resolve, wrap_with_lmdb
theirs, mine, text = sys.argv[1:]
seen = []

@calculator
def doubled(data):
    return {"values": 2 * data["values"]}

class Looks:
    def __init__(self):
        self.inner = doubled("inner")

    def calculate(self, data):
        seen.append(dict(data))
        return self.inner.calculate(data)

reference = json.loads(text)
config = {"lmdb_enabled": True, "lmdb_db_path": mine + "/store", "lmdb_exchange_mode": "reference", "lmdb_min_size": 1}
answer = wrap_with_lmdb(Looks(), config, "doubled").calculate(reference)
# It travelled on, and was not copied.
assert len(seen) == 1 and seen[0]["_lmdb_input_key"] == reference["_lmdb_input_key"], seen
assert seen[0]["_lmdb_db_path"] == answer["_lmdb_db_path"] == mine + "/store", (seen, answer)
print(json.dumps(answer))
"""


def test_a_reference_travels_through_containers_in_place(containers: Containers) -> None:
    exchange = LMDBDataExchange(containers.config, "m")
    exchange.open()
    values = np.arange(100_000.0)
    fields = exchange.put({"values": values}, "17").fields()
    answer = json.loads(containers.run(TRAVELS, json.dumps(fields)))
    # Its path means nothing here: the store is found by its id.
    assert not os.path.exists(answer["_lmdb_db_path"])
    np.testing.assert_array_equal(resolve(answer)["values"], 2 * values)


@pytest.mark.parametrize(
    "wrong",
    [{"theirs": "/mine"}, {"/theirs": "mine"}, {"/theirs": 1}, {5: "/mine"}, {None: "/"}, ["/theirs"], "/theirs", None],
)
def test_a_map_is_of_absolute_paths(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=r"lmdb_path_map.*allowed is an object of absolute paths"):
        LMDBCalculatorConfig.from_dict({"lmdb_path_map": wrong})


def test_paths_of_a_map_may_be_objects_of_paths() -> None:
    config = LMDBCalculatorConfig(path_map={Path("/theirs"): Path("/mine")})  # type: ignore[dict-item]
    assert config.path_map == {"/theirs": "/mine"}


OPENS = """
import sys
from dishtayantra_lmdb import LMDBDataExchange
LMDBDataExchange({"lmdb_enabled": True, "lmdb_db_path": sys.argv[1]}, "m").open()
"""


def test_an_environment_that_is_no_map_is_told(run: Run, tmp_path: Path) -> None:
    done = run(OPENS, tmp_path / "store", environment={"LMDB_PATH_MAP": "/a=/b"}, check=False)
    assert done.returncode != 0
    for said in ("ConfigError", "LMDB_PATH_MAP", "/a=/b", "absolute paths"):
        assert said in done.stderr
    assert not (tmp_path / "store").exists()
