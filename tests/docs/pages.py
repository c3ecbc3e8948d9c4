"""What the pages hold: blocks of code, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Outside of docs/: what somebody meets first, and what the book shows from the source tree.
OTHERS = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "bindings/python/README.md",
    "bindings/python-engine/README.md",
    "cpp-examples/README.md",
    "templates/README.md",
    "tests/cross/README.md",
)

_NOTE = re.compile(r"<!-- block: (.*?) -->")
_FENCE = re.compile(r"^```([^\s,]*)(.*)$")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
_LINK = re.compile(r"(?<!!)\[(?:[^\]\\]|\\.)*\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)?)(?: \"[^\"]*\")?\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^()\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block. A comment ``<!-- block: … -->`` before it says what else it is:

    - ``none, WHY``: it is not run;
    - ``file NAME``: it is a file that later blocks of the page use;
    - ``namespaces``: it makes namespaces: it is not run where that is not permitted, unless it has to be;
    - ``goes on``: it follows the one before it of its language, as if they were one;
    - ``prints``: what the block before it prints; ``…`` stands for anything.
    """

    page: Path
    line: int
    language: str
    flags: str
    text: str
    note: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    found = sorted(DOCS.glob("*.md")) + [ROOT / name for name in OTHERS]
    return [page for page in found if page.exists()]


def blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text().splitlines()
    at, note = 0, ""
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        if fence is None:
            said = _NOTE.search(line)
            note = said[1] if said else note if not line.strip() else ""
            at += 1
            continue
        end = lines.index("```", at + 1)
        yield Block(page, at + 1, fence[1], fence[2], "\n".join(lines[at + 1 : end]) + "\n", note)
        at, note = end + 1, ""


def prose(page: Path) -> list[str]:
    """The lines outside of blocks; those inside are empty."""
    inside = False
    lines = []
    for line in page.read_text().splitlines():
        fence = line.startswith("```")
        inside ^= fence
        lines.append("" if fence or inside else line)
    return lines


def anchors(page: Path) -> set[str]:
    """What a link into the page may name, as GitHub and mdBook make it of headings."""
    found: set[str] = set()
    for line in prose(page):
        heading = _HEADING.match(line)
        if heading is None:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
        name = base = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        again = 0
        while name in found:
            again += 1
            name = f"{base}-{again}"
        found.add(name)
    return found


def links(page: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(prose(page), 1):
        plain = re.sub(r"`[^`]*`", lambda code: "x" * len(code[0]), line)
        for pattern in (_LINK, _PICTURE):
            for link in pattern.finditer(plain):
                yield number, link[1]
