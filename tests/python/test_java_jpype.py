"""Java calculators over JPype, the JVM in the Python process: one copy of the library, one engine, one store.

A JVM cannot be started twice in a process: every test has a process of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Run
from java_support import jdks

from dishtayantra_lmdb import java

TESTS = Path(__file__).resolve().parent

# What the programs below begin with: figures, and what the process has mapped and open of a library and a store.
COMMON = """
import gc, os, sys, threading
sys.path.insert(0, sys.argv[1])
store_path, jvm = sys.argv[2:4]

def mapped(name):
    with open("/proc/self/maps") as maps:
        rows = [line.split(maxsplit=5) for line in maps]
    return [row for row in rows if len(row) > 5 and os.path.basename(row[5].strip()).startswith(name)]

def libraries():
    rows = mapped("libdishtayantra_lmdb.so")
    # One load of a file begins at its offset 0 once.
    return len({row[4] for row in rows}), sum(int(row[2], 16) == 0 for row in rows)

def opened():
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            pass
    return sorted(name for name in found if name.startswith(store_path))

def calculator(name, config=None):
    return java.JPypeCalculator("com.dishtayantra.calculators." + name, name, config)
"""

START = """
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, java, wrap_with_lmdb
java.start_jvm(jvm=jvm, options=["-Xcheck:jni", "-Xmx512m"])
"""


@pytest.fixture(params=jdks())
def jvm(request: pytest.FixtureRequest) -> str:
    return f"{jdks()[request.param]}/lib/server/libjvm.so"


def checked(run: Run, source: str, store_path: str, jvm: str, environment: dict[str, str] | None = None) -> str:
    done = run(source, TESTS, store_path, jvm, environment=environment)
    told = done.stdout + done.stderr
    assert "WARNING in native method" not in told, told
    assert "WARNING: JNI" not in told, told
    return done.stdout


def test_java_and_python_share_one_engine(run: Run, store_path: str, jvm: str) -> None:
    checked(
        run,
        COMMON
        + """
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, java
assert libraries() == (1, 1), libraries()
transport = LMDBTransport(LMDBConfig(db_path=store_path))
assert transport.initialize()
transport.put("k", {"values": [1.5] * 1000})
environment, files = mapped("data.mdb"), opened()
slots = transport.stats()["readers"]
assert environment and files and slots

java.start_jvm(jvm=jvm, options=["-Xcheck:jni"])
import jpype
Store = jpype.JClass("com.dishtayantra.lmdb.Store")
of_java = Store.open(store_path)
payload = {"_lmdb_ref": True, "_lmdb_input_key": "k", "_lmdb_db_path": store_path, "_lmdb_output_key": "out"}
assert calculator("MatrixProcessorCalculator").calculate(payload) == {"_lmdb_output_written": True}
assert transport.get("out")["sum"] == 1500

assert libraries() == (1, 1), libraries()
assert opened() == files, (opened(), files)
assert {row[4] for row in mapped("data.mdb")} == {row[4] for row in environment}
assert len(mapped("data.mdb")) == len(environment), mapped("data.mdb")
assert len(transport.stats()["readers"]) == len(slots), (transport.stats()["readers"], slots)
assert {slot["pid"] for slot in transport.stats()["readers"]} == {os.getpid()}

# The holders are of one store: what one counts, the other tells; the last that closes it, closes it.
assert '"puts":2' in str(of_java.stats()).replace(" ", ""), of_java.stats()
transport.close()
assert opened() == files
assert bool(of_java.contains("k"))
of_java.close()
""",
        store_path,
        jvm,
    )


def test_python_uses_the_library_that_java_has_loaded(run: Run, store_path: str, jvm: str) -> None:
    checked(
        run,
        COMMON
        + """
import jpype
jpype.startJVM(jvm, classpath=os.environ["DISHTAYANTRA_JARS"].split(os.pathsep))
of_java = jpype.JClass("com.dishtayantra.lmdb.Store").open(store_path)
assert libraries() == (1, 1), libraries()
from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport
with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
    transport.put("k", b"seen by both", format=DataFormat.RAW_BYTES)
    assert bytes(of_java.get("k").get()) == b"seen by both"
assert libraries() == (1, 1), libraries()
""",
        store_path,
        jvm,
        {"DISHTAYANTRA_JARS": os.pathsep.join(java.class_path())},
    )


@pytest.mark.parametrize("mode", ["input", "output", "both", "reference"])
def test_wrapped_calculators_are_numpys_and_those_of_cpp(run: Run, store_path: str, jvm: str, mode: str) -> None:
    checked(
        run,
        COMMON
        + START
        + f"""
mode = {mode!r}
"""
        + """
import numpy as np, pytest
from java_support import PRICING, numpy_puts, options
from natives import RELATIVE, calculators, numpy_matrix, numpy_risk, resolved, samples
config = {"lmdb_enabled": True, "lmdb_db_path": store_path, "lmdb_exchange_mode": mode}
with LMDBTransport(LMDBConfig(db_path=store_path)) as transport:
    matrix = wrap_with_lmdb(calculator("MatrixProcessorCalculator"), config, "m")
    risk = wrap_with_lmdb(calculator("RiskCalculator"), config, "r")
    prices = wrap_with_lmdb(calculator("PricingEngineCalculator"), config, "p")
    for size in (10, 5000):
        values = samples(size)
        for payload in ({"values": values}, {"values": values.tolist()}, values):
            got = resolved(matrix.calculate(payload), transport)
            assert got == pytest.approx(numpy_matrix(values), rel=RELATIVE)
            got = resolved(risk.calculate(payload), transport)
            assert got == pytest.approx(numpy_risk(values, 0.95, np.ones(1)), rel=RELATIVE)
            assert got == pytest.approx(calculators.RiskCalculator("r", {}).calculate(payload), rel=RELATIVE)
        given = options(size)
        for lists in (False, True):
            if lists:
                given = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in given.items()}
            got = resolved(prices.calculate(given), transport)
            assert list(got) == PRICING
            for name, expected in numpy_puts(options(size)).items():
                assert type(got[name]) is (list if lists else np.ndarray), (name, type(got[name]))
                np.testing.assert_allclose(got[name], expected, rtol=1e-9, atol=1e-12)
    for bad, kind in (({}, "InvalidArgumentError"), ({"values": {1}}, "InvalidArgumentError")):
        with pytest.raises(ValueError) as caught:
            matrix.calculate(bad)
        assert type(caught.value).__name__ == kind
""",
        store_path,
        jvm,
    )


def test_views_of_both_live_in_any_order(run: Run, store_path: str, jvm: str) -> None:
    checked(
        run,
        COMMON
        + START
        + """
import itertools
import jpype
import numpy as np
Store, System = jpype.JClass("com.dishtayantra.lmdb.Store"), jpype.JClass("java.lang.System")
values = np.arange(200_000.0)
for round_, order in enumerate(itertools.permutations(range(4))):
    transport = LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20))
    assert transport.initialize()
    transport.put("k", {"values": values + round_})
    array = transport.get("k")["values"]
    store = Store.open(store_path)
    view = store.view("k")
    doubles = view.document().at("values").asSegment().doubles()
    steps = [transport.close, store.close, view.close, lambda: store.isClosed() or store.delete("k")]
    for step in order:
        steps[step]()
        gc.collect()
        System.gc()
    # What both hold is right after others have used the room that was given back.
    with LMDBTransport(LMDBConfig(db_path=store_path, map_size=64 << 20)) as other:
        for number in range(20):
            other.put("other", np.full(200_000, -1.0))
            other.delete("other")
        other.delete("k")
        assert array[0] == round_ and array[-1] == 199_999 + round_, (round_, order)
        assert doubles.get(0) == round_ and doubles.get(199_999) == 199_999 + round_, (round_, order)
        del array, doubles, view, store
""",
        store_path,
        jvm,
    )


def test_threads_are_attached_and_let_others_run(run: Run, store_path: str, jvm: str) -> None:
    checked(
        run,
        COMMON
        + START
        + """
import numpy as np, pytest
config = {"lmdb_enabled": True, "lmdb_db_path": store_path}
shared = wrap_with_lmdb(calculator("MatrixProcessorCalculator"), config, "m")
wrong = []

def call(seed):
    values = np.random.default_rng(seed).random(20_000)
    try:
        for _ in range(25):
            assert shared.calculate({"values": values})["sum"] == pytest.approx(values.sum(), rel=1e-12)
    except BaseException as error:
        wrong.append(error)

for round_ in range(3):
    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert wrong == [], wrong
assert shared.details()["references"] == 300
shared.close()
""",
        store_path,
        jvm,
    )


def test_the_logger_of_java_hears_what_other_threads_do(run: Run, store_path: str, jvm: str) -> None:
    """Threads of Python's, the JVM's or not, never enter the JVM for it; when it has ended, nobody hears them."""
    checked(
        run,
        COMMON
        + """
from dishtayantra_lmdb import LMDBConfig, LMDBTransport, java
import time
java.start_jvm(jvm=jvm, options=["-Xcheck:jni", f"-Djava.io.tmpdir={os.path.dirname(store_path)}"])
import jpype
logger = jpype.JClass("java.util.logging.Logger").getLogger("com.dishtayantra.lmdb")
levels = jpype.JClass("java.util.logging.Level")
file = store_path + ".log"
handler = jpype.JClass("java.util.logging.FileHandler")(file)
handler.setLevel(levels.ALL)
logger.setUseParentHandlers(False)
logger.addHandler(handler)
logger.setLevel(levels.FINE)
jpype.JClass("com.dishtayantra.lmdb.Store").open(store_path + "-of-java").close()

def use(path):
    with LMDBTransport(LMDBConfig(db_path=path)) as transport:
        transport.put("k", b"value")

def heard(text):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with open(file) as lines:
            found = lines.read()
        if text in found:
            return found
        time.sleep(0.01)
    raise AssertionError(found)

for name in ("main", "thread"):
    path = f"{store_path}-of-{name}"
    if name == "main":
        use(path)
    else:
        threads = [threading.Thread(target=use, args=(path,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    heard(f"closed the store {path}")
# Its threads are daemons, and end.
names = jpype.JClass("java.lang.Thread").getAllStackTraces().keySet()
attached = [thread for thread in names if thread.getName() == "dishtayantra-lmdb-messages"]
assert all(thread.isDaemon() for thread in attached)

# A forked child has no JVM to tell.
child = os.fork()
if child == 0:
    use(store_path + "-of-child")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
jpype.shutdownJVM()
use(store_path + "-of-nobody")
with open(file) as lines:
    found = lines.read()
assert "-of-child" not in found and "-of-nobody" not in found, found
""",
        store_path,
        jvm,
    )
