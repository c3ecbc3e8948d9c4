"""``from core.lmdb import …`` after ``compat.install()``, in programs with and without a ``core`` of their own."""

from __future__ import annotations

import pytest

import dishtayantra_lmdb

from .conftest import Application

LINE = "from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange, DataFormat\n"
INSTALL = "from dishtayantra_lmdb import compat\ncompat.install()\n"

# An engine's package core, without and with an exchange of its own.
CORE = {"core/__init__.py": "VALUE = 3\n", "core/dag.py": "from . import VALUE\nNODES = VALUE + 1\n"}
OWN = {
    **CORE,
    "core/lmdb/__init__.py": "from .lmdb_types import DataFormat\nOWN = True\n",
    "core/lmdb/lmdb_types.py": "class DataFormat:\n    pass\n",
    "core/lmdb/extra.py": "OWN = True\n",
}
IS_OURS = """
import dishtayantra_lmdb, sys
import core, core.lmdb
assert core.lmdb is dishtayantra_lmdb is sys.modules["core.lmdb"]
assert not hasattr(core.lmdb, "OWN")
for name in ("lmdb_transport", "lmdb_calculator", "lmdb_types", "lmdb_zero_copy"):
    __import__("core.lmdb." + name)
    assert sys.modules["core.lmdb." + name] is sys.modules["dishtayantra_lmdb." + name] is getattr(core.lmdb, name)
assert isinstance(core.lmdb.LMDBTransport(), dishtayantra_lmdb.LMDBTransport)
"""

SUBMODULES = {
    "lmdb_transport": {"LMDBTransport", "LMDBConfig", "DataEnvelope", "DataFormat", "get_transport", "resolve"},
    "lmdb_calculator": {
        "Calculator",
        "calculator",
        "LMDBCalculatorConfig",
        "LMDBDataExchange",
        "LMDBEnabledCalculator",
        "LMDBExchangeMode",
        "LMDBReferenceIgnored",
        "LMDBTimeoutError",
        "LMDBCalculatorMixin",
        "wrap_with_lmdb",
    },
    "lmdb_types": {"DataFormat", "LMDBConfig", "DataEnvelope", "LMDBExchangeMode", "LMDBCodecMixin"},
    "lmdb_zero_copy": {
        "LMDBCalculatorMixin",
        "Column",
        "Loan",
        "Table",
        "View",
        "get_transport",
        "lmdb_put",
        "lmdb_get",
        "lmdb_delete",
    },
    "errors": {name for name in dishtayantra_lmdb.__all__ if name.endswith(("Error", "Ignored"))},
}


@pytest.mark.parametrize("files", [{}, CORE, OWN], ids=["no core", "core without lmdb", "core/lmdb of its own"])
@pytest.mark.parametrize("core_first", [False, True])
def test_core_lmdb_is_this_package(application: Application, files: dict[str, str], core_first: bool) -> None:
    first = "import core\nassert core.VALUE == 3\n" if core_first and files else ""
    rest = "from core.dag import NODES\nassert NODES == 4 and core.VALUE == 3\n" if files else ""
    application(first + INSTALL + LINE + IS_OURS + rest, files)


def test_every_public_name_is_in_the_package_and_where_one_would_look_for_it(application: Application) -> None:
    assert set(dishtayantra_lmdb.__all__) <= {
        *(name for names in SUBMODULES.values() for name in names),
        "library_version",
        "lmdb_version",
    }
    lines = [f"from core.lmdb import {name}\n" for name in dishtayantra_lmdb.__all__]
    for module, names in SUBMODULES.items():
        for name in names:
            lines.append(f"from core.lmdb.{module} import {name} as found\n")
            lines.append(f"assert found is getattr(dishtayantra_lmdb, {name!r}), {name!r}\n")
            lines.append(f"assert {name!r} in sys.modules['core.lmdb.{module}'].__all__, {name!r}\n")
    application("import sys, dishtayantra_lmdb\n" + INSTALL + "".join(lines))


def test_an_engines_own_that_was_imported_is_replaced_with_a_warning(application: Application) -> None:
    out = application(
        "import core.lmdb.extra\nfrom core.lmdb import DataFormat as before\nown = core.lmdb\n"
        + INSTALL
        + IS_OURS
        + """
from core.lmdb import DataFormat
assert DataFormat is dishtayantra_lmdb.DataFormat is not before
try:
    from core.lmdb import extra
except ImportError:
    pass
else:
    raise SystemExit("a part of the other was imported")
compat.uninstall()
assert core.lmdb is own is sys.modules["core.lmdb"]
from core.lmdb.lmdb_types import DataFormat
from core.lmdb.extra import OWN
assert DataFormat is before and OWN
""",
        OWN,
    )
    assert out.count("core.lmdb was imported from") == 1
    assert "core/lmdb/__init__.py" in out


def test_a_package_that_imports_its_own_lmdb_gets_ours(application: Application) -> None:
    files = {**OWN, "core/__init__.py": "from .lmdb import DataFormat\nfrom . import lmdb\nVALUE = 3\n"}
    application(INSTALL + "import core\n" + IS_OURS + "assert core.DataFormat is dishtayantra_lmdb.DataFormat", files)


def test_installing_twice_changes_nothing(application: Application) -> None:
    application(
        INSTALL
        + "import sys\nbefore = list(sys.meta_path)\ncompat.install()\nassert sys.meta_path == before\n"
        + LINE
        + "compat.install()\nassert sys.meta_path == before\nassert before[0] is compat.finder\n"
        + "sys.meta_path.insert(0, object())\ncompat.install()\nassert sys.meta_path[0] is compat.finder\n"
        + "assert sys.meta_path.count(compat.finder) == 1\n"
    )


@pytest.mark.parametrize("files", [{}, CORE, OWN], ids=["no core", "core without lmdb", "core/lmdb of its own"])
def test_uninstalling_leaves_what_was_there(application: Application, files: dict[str, str]) -> None:
    application(
        "import sys\nbefore = set(sys.modules)\nfinders = list(sys.meta_path)\n"
        + INSTALL
        + LINE
        + "compat.uninstall()\ncompat.uninstall()\nassert sys.meta_path == finders\n"
        + "left = {name for name in set(sys.modules) - before if name.split('.')[0] == 'core'}\n"
        + f"assert left == { ({'core'} if files else set())!r}, left\n"
        + f"""
try:
    from core.lmdb import LMDBTransport
except ImportError:
    pass
else:
    raise SystemExit("it is still there")
assert {bool(files)} == ("core" in sys.modules) and LMDBDataExchange.put_input
if {files is OWN}:
    from core.lmdb import OWN
""",
        files,
    )


LATER = {f"engine/{name}": text for name, text in CORE.items()}
LATER["engine/core/__init__.py"] += "import builtins\nbuiltins.runs = getattr(builtins, 'runs', 0) + 1\n"


@pytest.mark.parametrize(
    "use",
    [
        "import core\nassert core.VALUE == 3\n",
        "from core import VALUE\n",
        "from core import dag\nassert dag.NODES == 4\n",
        "import core.dag\nassert core.dag.NODES == 4 and core.VALUE == 3\n",
        "from core.dag import NODES\nassert NODES == 4\n",
    ],
)
def test_a_core_that_can_be_imported_later_is_not_shadowed(application: Application, use: str) -> None:
    application(
        INSTALL
        + LINE
        + "import core as before, sys\n"
        + "try:\n    import core.dag\nexcept ImportError:\n    pass\nelse:\n    raise SystemExit('too early')\n"
        + "assert not hasattr(before, 'VALUE')\n"
        + "sys.path.insert(0, 'engine')\n"
        + use
        + "import core\nassert core is before and core.__file__.endswith('engine/core/__init__.py')\n"
        + "from core import VALUE, dag\nimport builtins\nassert builtins.runs == 1\n"
        + IS_OURS
        + "compat.uninstall()\nassert sys.modules['core'] is core and not hasattr(core, 'lmdb')\n",
        LATER,
    )


def test_a_core_that_fails_when_it_is_imported_later_fails_again(application: Application) -> None:
    files = {**LATER, "engine/core/__init__.py": "import sys\nVALUE = 3\nif sys.broken: raise OSError('broken')\n"}
    application(
        INSTALL
        + LINE
        + "import sys\nsys.broken = True\nsys.path.insert(0, 'engine')\n"
        + "for _ in range(2):\n    try:\n        import core.dag\n    except OSError:\n        pass\n"
        + "    else:\n        raise SystemExit('it was imported')\n"
        + "sys.broken = False\nimport core.dag\nassert core.VALUE == 3\n",
        files,
    )


def test_a_core_without_init_is_used_as_it_is(application: Application) -> None:
    files = {"core/dag.py": "NODES = 4\n"}
    application(INSTALL + LINE + IS_OURS + "from core.dag import NODES\nassert core.__file__ is None\n", files)


def test_a_module_called_core_makes_it_an_import_error(application: Application) -> None:
    application(
        INSTALL
        + "try:\n    "
        + LINE
        + "except ImportError as error:\n    print(error)\nimport core\nassert core.VALUE",
        {"core.py": "VALUE = 3\n"},
    )


def test_many_threads_import_at_once(application: Application) -> None:
    files = {f"core/part{n}.py": "from core.lmdb import LMDBTransport\n" for n in range(8)}
    application(
        """
import sys, threading
from dishtayantra_lmdb import compat
start, failures = threading.Barrier(16), []

def work(number):
    start.wait()
    try:
        compat.install()
        if number % 2:
            exec(f"import core.part{number // 2}")
        from core.lmdb import LMDBTransport
        from core.lmdb.lmdb_types import DataFormat
        import core.lmdb.lmdb_zero_copy as zero_copy
        assert zero_copy is sys.modules["dishtayantra_lmdb.lmdb_zero_copy"]
    except BaseException as error:
        failures.append(error)

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failures, failures
"""
        + IS_OURS,
        {"core/__init__.py": "", **files},
    )


def test_many_threads_find_the_late_core_at_once(application: Application) -> None:
    files = {f"engine/core/part{n}.py": "from core.lmdb import LMDBTransport\n" for n in range(8)}
    files["engine/core/__init__.py"] = "import time\ntime.sleep(0.1)\nfrom . import part0, part7\nVALUE = 3\n"
    application(
        INSTALL
        + LINE
        + """
import sys, threading
sys.path.insert(0, "engine")
start, failures = threading.Barrier(8), []

def work(number):
    start.wait()
    try:
        __import__(f"core.part{number}")
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failures, failures
import core
assert core.VALUE == 3
""",
        files,
    )


@pytest.mark.parametrize("hook", [False, True])
@pytest.mark.parametrize("files", [{}, CORE, OWN], ids=["no core", "core without lmdb", "core/lmdb of its own"])
@pytest.mark.parametrize("library", ["/nonexistent/library.so", "libc.so.6", "main.py", "."])
def test_a_library_that_cannot_be_used_is_an_import_error(
    application: Application, files: dict[str, str], hook: bool, library: str
) -> None:
    out = application(
        f"""
try:
    if not {hook}:
        from dishtayantra_lmdb import compat
        compat.install()
    from core.lmdb import LMDBCalculatorConfig, LMDBDataExchange, DataFormat
except ImportError as error:
    print(error)
    LMDBDataExchange = None
assert LMDBDataExchange is None
""",
        files,
        hook=hook,
        environment={"DISHTAYANTRA_LMDB_LIBRARY": library},
    )
    assert library in out


def test_objects_of_core_lmdb_pickle_into_spawned_workers(application: Application) -> None:
    application(
        INSTALL
        + """
import multiprocessing, pickle
from core.lmdb import DataFormat, LMDBCalculatorConfig, LMDBDataExchange, LMDBExchangeMode, LMDBTimeoutError

def work(config, exchange, error):
    from core.lmdb import LMDBDataExchange
    assert type(exchange) is LMDBDataExchange and exchange.config == config
    return config, exchange.config.data_format, error

if __name__ == "__main__":
    config = LMDBCalculatorConfig(data_format=DataFormat.ARROW, exchange_mode=LMDBExchangeMode.REFERENCE)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.apply(work, (config, LMDBDataExchange(config, "c"), LMDBTimeoutError("late")))
    assert found[:2] == (config, DataFormat.ARROW) and found[1] is DataFormat.ARROW
    assert type(found[2]) is LMDBTimeoutError and str(found[2]) == "late"
    # What an engine pickled under its own name.
    named = pickle.dumps(DataFormat.ARROW, 0).replace(b"cdishtayantra_lmdb.lmdb_types", b"ccore.lmdb.lmdb_types")
    assert pickle.loads(named) is DataFormat.ARROW
"""
    )


def test_reloading(application: Application) -> None:
    application(
        INSTALL
        + LINE
        + IS_OURS
        + """
import importlib
assert importlib.reload(core.lmdb) is dishtayantra_lmdb
assert importlib.reload(sys.modules["core.lmdb.lmdb_calculator"]) is dishtayantra_lmdb.lmdb_calculator
importlib.reload(compat).install()
from core.lmdb import LMDBDataExchange as again
assert again is LMDBDataExchange
"""
        + IS_OURS
    )


def test_the_tools_of_importlib_find_their_way(application: Application) -> None:
    application(
        INSTALL
        + """
import importlib.resources, importlib.util, inspect, pkgutil
spec = importlib.util.find_spec("core.lmdb.lmdb_types")
assert spec.name == "core.lmdb.lmdb_types" and spec.origin.endswith("dishtayantra_lmdb/lmdb_types.py")
assert "DataFormat" in spec.loader.get_source(spec.name) and not spec.loader.is_package(spec.name)
assert importlib.util.find_spec("core.lmdb.missing") is None
import core.lmdb.lmdb_types as types
assert types.__spec__.name == types.__name__ == "dishtayantra_lmdb.lmdb_types"
assert "class DataFormat" in inspect.getsource(types.DataFormat)
assert importlib.resources.files("core.lmdb").joinpath("py.typed").is_file()
assert {"lmdb_types", "lmdb_transport"} <= {module.name for module in pkgutil.iter_modules(types.__spec__ and
    __import__("core.lmdb").lmdb.__path__)}
"""
    )


def test_python_m(application: Application) -> None:
    run = "from core.lmdb import LMDBTransport\nprint(__name__, LMDBTransport.__module__)\n"
    files = {**OWN, "core/main.py": INSTALL + run, "core/plain.py": run}
    expected = "__main__ dishtayantra_lmdb._store.transport\n"
    assert application("", files, command=("-m", "core.main")) == expected
    assert application("", files, command=("-m", "core.plain")) == expected
    application("", {}, command=("-m", "core.lmdb.lmdb_types"))


def test_zipapp(application: Application) -> None:
    files = {**{f"engine/{name}": text for name, text in OWN.items()}, "engine/__main__.py": INSTALL + LINE + IS_OURS}
    application(
        """
        import subprocess, sys, zipapp
        zipapp.create_archive("engine", "engine.pyz")
        assert subprocess.run([sys.executable, "-P", "engine.pyz"], cwd="/").returncode == 2
        subprocess.run([sys.executable, "engine.pyz"], check=True)
        """,
        files,
    )


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
@pytest.mark.parametrize("files", [{}, CORE, OWN], ids=["no core", "core without lmdb", "core/lmdb of its own"])
def test_import_modes_of_pytest(application: Application, files: dict[str, str], mode: str) -> None:
    out = application(
        "",
        {
            **files,
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "conftest.py": INSTALL,
            "tests/core/lmdb/test_line.py": LINE + "def test_line():\n    " + IS_OURS.replace("\n", "\n    "),
        },
        command=("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--import-mode={mode}", "tests"),
    )
    assert "1 passed" in out
