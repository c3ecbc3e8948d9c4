"""Every block of code of every page is compiled or run."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import ROOT, pages
from run_blocks import Run


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks(page: Path, tmp_path: Path) -> None:
    Run(page, tmp_path).all()


def page_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Run:
    page = tmp_path / "page.md"
    page.write_text(text)
    monkeypatch.setattr("pages.ROOT", tmp_path)
    return Run(page, tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("```python\nx\n```\n", "NameError"),
        ("```cpp\nint x = \"\";\n```\n", "invalid conversion"),
        ("```c\nint f(void) { return g(); }\n```\n", "implicit declaration"),
        ("```rust\nlet x: u8 = 256;\n```\n", "out of range"),
        ("```java\nclass A { int x = \"\"; }\n```\n", "incompatible types"),
        ("```sh\nfalse\n```\n", "false"),
        ("```python\nprint(1)\n```\n<!-- block: prints -->\n```text\n2\n```\n", "printed was\n1"),
        ("<!-- block: none -->\n```sh\nfalse\n```\n", "nothing says why"),
        ("```cobol\n```\n", "nothing runs 'cobol'"),
        ("<!-- block: nothing -->\n```sh\ntrue\n```\n", "nothing is known"),
    ],
)  # fmt: skip
def test_a_block_that_is_wrong_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: None, text: str, why: str
) -> None:
    with pytest.raises(Exception, match=r"page.md:\d") as failure:
        page_with(tmp_path, monkeypatch, text).all()
    assert why in str(failure.value)
