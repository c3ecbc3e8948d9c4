"""The jars as Maven installs them: names of modules, sources, javadoc; and a project of somebody else's on them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from support import ROOT, done

ARTIFACTS = {"lmdb": "com.dishtayantra.lmdb", "calculators": "com.dishtayantra.calculators"}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    done("mvn", "--batch-mode", "-q", "-f", ROOT / "java", "-DskipTests", "install")


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_what_lies_in_the_repository(artifact: str) -> None:
    name = f"dishtayantra-{artifact}"
    place = Path.home() / ".m2/repository/com/dishtayantra" / name / "0.1.0"
    with zipfile.ZipFile(place / f"{name}-0.1.0.jar") as jar:
        manifest = jar.read("META-INF/MANIFEST.MF").decode()
        names = jar.namelist()
    assert f"Automatic-Module-Name: {ARTIFACTS[artifact]}\r\n" in manifest
    assert "Enable-Native-Access: ALL-UNNAMED\r\n" in manifest
    assert "META-INF/LICENSE-MIT" in names
    with zipfile.ZipFile(place / f"{name}-0.1.0-sources.jar") as jar:
        assert [entry for entry in jar.namelist() if entry.endswith(".java")]
        assert not [entry for entry in jar.namelist() if entry.endswith(".so")]
    with zipfile.ZipFile(place / f"{name}-0.1.0-javadoc.jar") as jar:
        page = f"{ARTIFACTS[artifact].replace('.', '/')}/package-summary.html"
        assert [entry for entry in jar.namelist() if entry.endswith(page)]


def test_a_module_of_somebody_else_names_ours(tmp_path: Path) -> None:
    """On the module path, where an automatic module has the name in its manifest."""
    (tmp_path / "module-info.java").write_text("module theirs { requires com.dishtayantra.lmdb; }\n")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "Main.java").write_text(
        "package theirs;\n"
        "import com.dishtayantra.lmdb.Store;\n"
        "public final class Main {\n"
        "    public static void main(String[] arguments) {\n"
        "        try (Store store = Store.open(arguments[0])) {\n"
        '            store.put("key", new byte[] {1, 2, 3});\n'
        '            System.out.println(store.contains("key"));\n'
        "        }\n"
        "    }\n"
        "}\n"
    )
    jar = Path.home() / ".m2/repository/com/dishtayantra/dishtayantra-lmdb/0.1.0/dishtayantra-lmdb-0.1.0.jar"
    done("javac", "-p", jar, "-d", tmp_path / "out", *tmp_path.rglob("*.java"))
    told = done("java", "-p", f"{jar}:{tmp_path}/out", "-m", "theirs/theirs.Main", tmp_path / "store")
    assert told == "true\n"
