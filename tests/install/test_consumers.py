"""A project of somebody else on the crate, as docs/rust.md and README.md say it, in a new home."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from support import PREFIX, ROOT, done, new_home

from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport


def block(page: str, language: str) -> str:
    """The first block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no block of {language}"
    return found[1]


@pytest.mark.parametrize("found", ["named", "installed"])
def test_a_program_of_cargo(tmp_path: Path, found: str) -> None:
    """The library is the one that a variable names, or the one that the loader finds."""
    project, store = tmp_path / "mine", tmp_path / "exchange"
    (project / "src").mkdir(parents=True)
    manifest = '[package]\nname = "mine"\nversion = "0.1.0"\nedition = "2024"\n\n' + block("docs/rust.md", "toml")
    (project / "Cargo.toml").write_text(manifest.replace("…/bindings", f"{ROOT}/bindings"))
    (project / "src" / "main.rs").write_text(block("README.md", "rust").replace("/tmp/exchange", str(store)))
    with LMDBTransport(LMDBConfig(db_path=str(store))) as transport:
        transport.put("prices", np.arange(1_001.0), format=DataFormat.NUMPY)
        library = PREFIX / "lib" / "libdishtayantra_lmdb.so"
        environment = {
            "named": {"DISHTAYANTRA_LMDB_LIBRARY": str(library)},
            "installed": {"LD_LIBRARY_PATH": str(library.parent)},
        }
        # Built where the next run finds what it depends on.
        target = str(ROOT / "build" / "templates" / "consumer")
        told = done(
            "cargo", "run", "--quiet", cwd=project, CARGO_TARGET_DIR=target, **new_home(tmp_path), **environment[found]
        )
    assert told == "500500\n"
