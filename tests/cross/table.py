"""What the matrix is made of. A language or a format more is one entry here, and in the peers what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dishtayantra_lmdb import java

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
BUILT = ROOT / "build" / "cross"

JARS = ":".join(java.class_path([BUILT / "java" / "classes", BUILT / "java" / "gson.jar"]))


@dataclass(frozen=True)
class Language:
    """A language that writes and reads.

    Attributes:
        command: the peer's program; the store's directory is added.
        chooses_txn_id: whether a put takes an exchange id of the caller's.
        absent: formats that it neither writes nor reads, and why.
        unwritten: formats that it reads and does not write, and why.
        remarks: of formats that it writes and reads in a way that has to be told.
    """

    command: tuple[str, ...]
    chooses_txn_id: bool = True
    absent: Mapping[str, str] = field(default_factory=dict)
    unwritten: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """A way to hold a payload.

    Attributes:
        count: how many rows make a payload of so many bytes, or a little less.
        recorded: what the envelope calls it.
        typed: the arrays that readers use in place.
        alignment: of those, in bytes.
        read_as: the format that readers are asked for, when what they find does not tell the two apart.
    """

    count: Callable[[int], int]
    recorded: str
    typed: tuple[str, ...] = ()
    alignment: int = 64
    read_as: str | None = None


@dataclass(frozen=True)
class Size:
    """A size of payloads: how many bytes at most, and whether they lie in the record itself.

    ``rows`` says how many rows there are, when not as many as the bytes hold.
    """

    limit: int
    inline: bool = False
    rows: int | None = None


FRAMED = "its own columns, in place, in a frame (schema and batch header) that pyarrow made: no Arrow library"

NATIVE_ORDER = dict.fromkeys(
    ("big-endian numpy", "big-endian segments"), "its arrays are in the order of the machine, little-endian"
)

LANGUAGES = {
    "Python": Language((sys.executable, str(PEERS / "python" / "peer.py")), chooses_txn_id=False),
    "C++": Language((str(BUILT / "cpp" / "peer"),), unwritten=NATIVE_ORDER, remarks={"arrow": FRAMED}),
    "Rust": Language(
        (str(ROOT / "target" / "cross" / "release" / "peer"),), unwritten=NATIVE_ORDER, remarks={"arrow": FRAMED}
    ),
    # The flag lets the peer tell where a buffer lies; the library needs none.
    "Java": Language(
        ("java", "-Xcheck:jni", "-Xmx512m", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", JARS, "Peer"),
        unwritten=NATIVE_ORDER,
        remarks={"arrow": FRAMED},
    ),
}

FORMATS = {
    # Seldom more than 21 characters a number.
    "json": Format(lambda size: (size - 300) // 46, "json"),
    "msgpack": Format(lambda size: (size - 220) // 18, "msgpack"),
    "segments": Format(lambda size: (size - 500) // 22, "msgpack", typed=("marks", "floats", "ints", "longs")),
    "raw": Format(lambda size: size // 8, "raw", typed=("longs",)),
    "numpy": Format(lambda size: (size - 128) // 16, "numpy", typed=("floats",)),
    "Fortran numpy": Format(lambda size: (size - 128) // 16, "numpy", typed=("floats",)),
    # Python stores them little-endian.
    "big-endian numpy": Format(lambda size: (size - 128) // 16, "numpy", typed=("floats",), read_as="numpy"),
    "big-endian segments": Format(
        lambda size: (size - 500) // 22, "msgpack", typed=("marks", "floats", "ints", "longs"), read_as="segments"
    ),
    # An IPC stream aligns to 8.
    "arrow": Format(lambda size: (size - 450) // 16, "arrow", typed=("floats", "longs"), alignment=8),
}

SIZES = {
    # Arrays and lists without an item.
    "empty": Size(1_200, inline=True, rows=0),
    "inline": Size(1_200, inline=True),
    # The rest of the page is the store's.
    "one page": Size(4_096 - 64),
    "64 KB": Size(64 << 10),
    "8 MB": Size(8 << 20),
}


@dataclass(frozen=True)
class Table:
    """A kind of table.

    Attributes:
        origin: what it was made of, as its head says.
        columns: names and what ``content.py`` fills them with: float, long, text, code, time, list, pair.
        nulls: whether some values are nil.
    """

    origin: int
    columns: tuple[tuple[str, str], ...]
    nulls: bool = False

    @property
    def typed(self) -> tuple[str, ...]:
        """The buffers that readers use in place."""
        parts = {"list": (".item",), "pair": (".a", ".b")}
        return tuple(name + part for name, kind in self.columns for part in parts.get(kind, ("",)))


_TRADES = (("floats", "float"), ("longs", "long"), ("text", "text"))

TABLES = {
    "rows": Table(1, _TRADES),
    "list of text": Table(2, (("", "text"),)),
    "pyarrow": Table(4, _TRADES),
    "pandas": Table(6, _TRADES),
    "Polars": Table(7, _TRADES),
    "nulls": Table(4, _TRADES, nulls=True),
    "dictionary": Table(4, (("code", "code"), ("floats", "float"))),
    "timestamps": Table(4, (("at", "time"), ("floats", "float"))),
    "nested": Table(4, (("list", "list"), ("pair", "pair"))),
}

# Rows of tables.
LENGTHS = {"no rows": 0, "100": 100, "3,000": 3_000, "50,000": 50_000}

# Of these Python writes a table from so many rows on.
PYTHON_ROWS = {"rows": 64, "list of text": 64}


@dataclass(frozen=True)
class Calculators:
    """The calculators of a language, and how Python reaches them.

    Attributes:
        host: "module" (classes of a Python module), "py4j" (a JVM of its own) or "jpype" (a JVM in the Python process).
        answers: a risk calculator that answers references.
        ignores: a native that knows nothing of references and sums what it gets.
        absent: modes in which they cannot be called, and why.
    """

    host: str
    answers: str
    ignores: str
    absent: Mapping[str, str] = field(default_factory=dict)


JAVA_RISK = "com.dishtayantra.calculators.RiskCalculator"

CALCULATORS = {
    "C++": Calculators(
        "module", "dishtayantra_calculators:RiskCalculator", "dishtayantra_test_natives:IgnoresReferences"
    ),
    "Rust": Calculators(
        "module", "dishtayantra_rust_calculators:RiskCalculator", "dishtayantra_cross_natives:IgnoresReferences"
    ),
    "Java (Py4J)": Calculators("py4j", JAVA_RISK, "natives.IgnoresReferences"),
    "Java (JPype)": Calculators("jpype", JAVA_RISK, "natives.IgnoresReferences"),
}

MODES = ("input", "output", "both", "reference")
BEHAVIOURS = ("answers", "ignores")
WORKER = (sys.executable, str(PEERS / "python" / "worker.py"))
