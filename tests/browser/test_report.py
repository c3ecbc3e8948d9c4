"""The page of `dylmdb report` in a browser: quiet, without the network, legible, others' names as text."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import Page, found

from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport, wrap_with_lmdb

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "target" / "cli" / "release" / "dylmdb"
# Keys, and how the page has to show them.
HOSTILE = {
    "<script>document.title = 'run'</script>": "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title='run'\">": "<img src=x onerror=\"document.title='run'\">",
    "</td></table><style>*{display:none}</style>": "</td></table><style>*{display:none}</style>",
    "&lt;b&gt; &amp;amp;": "&lt;b&gt; &amp;amp;",
    "abc\u202efdp.exe": "abc\\u{202e}fdp.exe",
    "\u2066isolated\u2069": "\\u{2066}isolated\\u{2069}",
    "line\nfeed\ttab": "line\\nfeed\\ttab",
    b"not \xff UTF-8": "not \\xff UTF-8",
    "日本語 ключ": "日本語 ключ",
}

pytestmark = pytest.mark.skipif(found() is None, reason="no Chromium; make browser installs it")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    with LMDBTransport(LMDBConfig(db_path=str(place / "store"))) as transport:
        for key in HOSTILE:
            transport.put(key, b"payload", format=DataFormat.RAW_BYTES, ttl=600)
        transport.put("key", b"x" * 50_000, db_name="<b>database</b>")
        settings = {"lmdb_enabled": True, "lmdb_db_path": str(place / "store"), "lmdb_min_size": 0}
        node = wrap_with_lmdb(lambda data: {"sum": float(np.sum(data["values"]))}, settings, "<i>risk</i>")
        node.calculate({"values": np.arange(10_000.0)})
        held = transport.view("key", db_name="<b>database</b>")
        page = place / "report.html"
        subprocess.run([TOOL, "report", place / "store", "-o", page, "--over", "300ms"], check=True, timeout=60)
        held.close()
    return page


@pytest.fixture(scope="module")
def page(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    browser = found()
    assert browser is not None
    shown = Page(browser, tmp_path_factory.mktemp("profile"))
    try:
        shown.call("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
        shown.load(report)
        yield shown
    finally:
        shown.close()


def test_the_console_is_quiet(page: Page) -> None:
    assert page.told("Log.entryAdded") == []
    assert page.told("Runtime.consoleAPICalled") == []
    assert page.told("Runtime.exceptionThrown") == []


def test_it_asks_for_nothing_but_itself(page: Page, report: Path) -> None:
    assert [event["request"]["url"] for event in page.told("Network.requestWillBeSent")] == [report.as_uri()]
    assert page.value("performance.getEntriesByType('resource').length") == 0


def test_what_a_reader_looks_for_is_there(page: Page) -> None:
    headings = page.value("[...document.querySelectorAll('h2')].map(heading => heading.textContent)")
    for heading in ("Databases", "Growth", "The largest entries", "Who holds what", "Calculators"):
        assert heading in headings
    text = page.value("document.body.innerText")
    assert "<i>risk</i>" in text
    assert "<b>database</b>" in text
    assert re.search(rf"\b{os.getpid()}\b", text), "who holds the view"
    assert page.value("document.querySelectorAll('svg').length") >= 6
    assert page.value("document.title").endswith("/store")


@pytest.mark.parametrize("key", HOSTILE, ids=ascii)
def test_hostile_keys_are_text(page: Page, key: str | bytes) -> None:
    cells = page.value("[...document.querySelectorAll('td')].map(cell => cell.textContent)")
    assert HOSTILE[key] in cells
    # Whatever else the store's names may be, the page has the elements of the report alone.
    assert page.value("document.querySelectorAll('script, img, b, i, style:not(head style)').length") == 0
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.value("document.documentElement.outerHTML"))


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_follows_the_colours_that_the_reader_prefers(page: Page, scheme: str, dark: bool) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for what, colour in (("body", "color"), ("td", "color"), ("svg text", "fill")):
        found = page.value(f"getComputedStyle(document.querySelector({json.dumps(what)})).{colour}")
        bright = sum(map(int, re.findall(r"\d+", found)[:3])) > 3 * 128
        assert bright == dark, f"{what}: {found}"
    paper = page.value(
        "(() => { const probe = document.createElement('div'); probe.style.color = 'Canvas';"
        " document.body.append(probe); const paper = getComputedStyle(probe).color; probe.remove(); return paper; })()"
    )
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 3 * 128) == dark


@pytest.mark.parametrize("width", [1200, 800])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    assert page.value("document.documentElement.scrollWidth") <= width
