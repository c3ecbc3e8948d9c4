"""What the tests of Java calculators share: the JDKs of the machine, natives compiled for a test, figures."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from dishtayantra_lmdb import java

ROOT = Path(__file__).resolve().parents[2]
CALCULATORS = "com.dishtayantra.calculators."
PRICING = ["price", "delta", "gamma", "vega", "theta", "rho"]


def jdks() -> dict[str, str]:
    """The oldest and the newest JDK, by name: their homes."""
    found: dict[int, Path] = {}
    for home in Path("/usr/lib/jvm").glob("*"):
        release = home / "release"
        if not home.is_symlink() and (home / "bin" / "javac").exists() and release.exists():
            version = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
            if version:
                found[int(version[1])] = home
    assert found, "no JDK is installed"
    return {f"JDK {version}": str(found[version]) for version in sorted({min(found), max(found)})}


def compiled_natives(directory: Path) -> str:
    """The classes of tests/java-natives."""
    javac = shutil.which("javac")
    assert javac, "no javac"
    sources = sorted(map(str, (ROOT / "tests" / "java-natives").rglob("*.java")))
    subprocess.run(
        [javac, "--release", "11", "-cp", ":".join(java.class_path()), "-d", str(directory), *sources],
        check=True,
    )
    return str(directory)


def options(count: int) -> dict[str, Any]:
    """Options to price."""
    random = np.random.default_rng(count)
    return {
        "spot": random.uniform(50, 150, count),
        "strike": random.uniform(50, 150, count),
        "rate": 0.03,
        "volatility": random.uniform(0.1, 0.6, count),
        "maturity": random.uniform(0.05, 3, count),
        "type": "put",
    }


def numpy_puts(given: dict[str, Any]) -> dict[str, np.ndarray]:
    """Black and Scholes with the error function of the C library."""
    from math import erfc

    spot, strike, rate = given["spot"], given["strike"], given["rate"]
    volatility, maturity = given["volatility"], given["maturity"]
    below = np.vectorize(lambda x: erfc(-x / np.sqrt(2)) / 2)
    deviation = volatility * np.sqrt(maturity)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * maturity) / deviation
    density = np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi)
    owed = strike * np.exp(-rate * maturity) * below(deviation - d1)
    return {
        "price": owed - spot * below(-d1),
        "delta": -below(-d1),
        "gamma": density / (spot * deviation),
        "vega": spot * density * np.sqrt(maturity),
        "theta": rate * owed - spot * density * volatility / (2 * np.sqrt(maturity)),
        "rho": -maturity * owed,
    }


def payloads(values: np.ndarray) -> dict[str, tuple[str, Any]]:
    """Format and payload, in the formats that calculators in Java read."""
    return {
        "ndarray in numpy": ("numpy", values),
        "dict of ndarray in numpy": ("numpy", {"values": values}),
        "dict of ndarray in msgpack": ("msgpack", {"values": values}),
        "dict of list in msgpack": ("msgpack", {"values": values.tolist()}),
        "list in msgpack": ("msgpack", values.tolist()),
        "bytes in raw": ("raw", values.tobytes()),
    }
