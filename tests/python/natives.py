"""The C++ modules that the tests use, what NumPy says in their place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from dishtayantra_lmdb import LMDBConfig, LMDBTransport, wrap_with_lmdb

ROOT = Path(__file__).resolve().parents[2]
MODULES = [ROOT / "build" / "cpp-examples", ROOT / "build" / "tests-cpp"]
for place in MODULES:
    sys.path.insert(0, str(place))
try:
    import dishtayantra_test_natives as ill_behaved

    import dishtayantra_calculators as calculators
except ImportError as missing:
    raise ImportError(f"{missing}; build cpp-examples and tests/cpp first (make test does)") from missing

__all__ = [
    "MODES",
    "MODULES",
    "RELATIVE",
    "calculators",
    "ill_behaved",
    "numpy_matrix",
    "numpy_risk",
    "numpy_signal",
    "resolved",
    "samples",
]

MODES = ["input", "output", "both", "reference"]
RELATIVE = 1e-12


def numpy_matrix(values: np.ndarray) -> dict[str, float]:
    rows, columns = np.atleast_2d(values).shape
    return {
        "rows": rows,
        "columns": columns,
        "sum": values.sum(),
        "mean": values.mean(),
        "min": values.min(),
        "max": values.max(),
    }


def numpy_risk(values: np.ndarray, level: float, exposures: np.ndarray) -> dict[str, float]:
    losses = -values
    value_at_risk = np.quantile(losses, level)
    return {
        "level": level,
        "observations": values.size,
        "value_at_risk": value_at_risk,
        "expected_shortfall": losses[losses >= value_at_risk].mean(),
        "exposure": np.abs(exposures).sum(),
        "net_exposure": exposures.sum(),
    }


def numpy_signal(values: np.ndarray) -> dict[str, float]:
    return {
        "samples": values.size,
        "mean": values.mean(),
        "rms": np.sqrt(np.mean(values**2)),
        "peak": np.abs(values).max(),
        "zero_crossings": np.count_nonzero(np.diff(values < 0)),
    }


def samples(size: int) -> np.ndarray:
    return np.random.default_rng(size).normal(0.001, 0.02, size)


def lives_as_its_input(native: Any, config: dict[str, Any]) -> None:
    """What a calculator wrote lives as long as its input was to, and has a checksum when that has one."""
    for ttl, checksum in ((20, False), (0, True)):
        asked = {**config, "lmdb_exchange_mode": "reference", "lmdb_ttl": ttl, "lmdb_checksum": checksum}
        result = wrap_with_lmdb(native, asked, f"lives {ttl}").calculate({"values": samples(1000)})
        with LMDBTransport(LMDBConfig(db_path=config["lmdb_db_path"])) as transport:
            found = transport.get_raw(result["_lmdb_input_key"])
        assert found is not None
        assert (found[1].ttl, bool(found[1].checksum)) == (ttl, checksum)


def resolved(result: Any, transport: LMDBTransport) -> Any:
    return transport.resolve(result) if "_lmdb_ref" in result else result
