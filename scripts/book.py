"""Makes the book's source of docs/, with what its pages link to in the source tree, and checks the links of the result.

`scripts/book.py source DIRECTORY` makes the source of mdBook; `scripts/book.py check DIRECTORY` checks every link
between pages of HTML.
"""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"(\]\()(\.\./[^)#\s]+)")


def make_source(target: Path) -> None:
    """Copies docs/ to ``target``, and below ``target/tree`` what lies elsewhere and is linked to, from page to page."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(DOCS, target / "src")
    shutil.move(target / "src" / "book.toml", target / "book.toml")
    source = target / "src"
    waiting = [(page, source / page.name) for page in DOCS.glob("*.md")]
    chapters: dict[Path, Path] = {}
    while waiting:
        origin, copy = waiting.pop()
        text = origin.read_text()
        up = "../" * (len(copy.relative_to(source).parts) - 1) or "./"

        def moved(match: re.Match[str], origin: Path = origin, up: str = up) -> str:
            if match[2].startswith("api/"):
                return match[0]
            linked = (origin.parent / match[2]).resolve()
            return match[1] + up + str(place_of(linked, source, chapters, waiting))

        text = re.sub(r"(\]\()([^)#\s:]+)(?=[)#])", moved, text)
        if origin.name == "SUMMARY.md":
            summary = copy, text
        copy.write_text(text)
    copy, text = summary
    named = {str(place) for place in chapters.values() if str(place) in text}
    others = [place for place in chapters.values() if str(place) not in named]
    lines = [f"- [{place.relative_to('tree').parent}]({place})" for place in sorted(others) if place.suffix == ".md"]
    copy.write_text(text + "\n# In the source tree\n\n" + "\n".join(lines) + "\n")


def place_of(linked: Path, source: Path, chapters: dict[Path, Path], waiting: list[tuple[Path, Path]]) -> Path:
    """Where a file that a page links to lies in the book; it is copied there."""
    if linked.is_dir():
        linked /= "README.md"
    if linked.is_relative_to(DOCS):
        return linked.relative_to(DOCS)
    place = chapters.get(linked)
    if place is None:
        place = chapters[linked] = Path("tree") / linked.relative_to(ROOT)
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        if linked.suffix == ".md":
            waiting.append((linked, source / place))
        else:
            shutil.copy(linked, source / place)
    return place


class Page(HTMLParser):
    """The links and the anchors of an HTML page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Called for every tag."""
        for name, value in attributes:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and name in ("id", "name"):
                self.anchors.add(value)


def check(book: Path) -> None:
    """Ends with what is wrong when a link between the pages leads nowhere."""
    pages = {path.resolve(): Page(path) for path in book.rglob("*.html")}
    wrong = []
    for path, page in pages.items():
        # All chapters on one page for printers: its links are those of the chapters. The references are others' work.
        if path.name in ("print.html", "404.html") or path.is_relative_to(book.resolve() / "api"):
            continue
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            known = target in pages and (not anchor or anchor in pages[target].anchors)
            if not known and (target in pages or not target.exists()):
                wrong.append(f"{path.relative_to(book.resolve())}: {link}")
    if wrong:
        sys.exit("links that lead nowhere:\n" + "\n".join(sorted(set(wrong))))
    print(f"{len(pages)} pages, {sum(len(page.links) for page in pages.values())} links")


if __name__ == "__main__":
    {"source": make_source, "check": check}[sys.argv[1]](Path(sys.argv[2]))
