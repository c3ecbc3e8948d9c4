"""Links lead somewhere, and pages that list something list all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pages import DOCS, ROOT, anchors, links, pages, prose

import dishtayantra_lmdb as package
from dishtayantra_lmdb import errors


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    wrong = []
    for line, link in links(page):
        # `make docs` makes the references of the languages, and checks these links.
        if re.match(r"https?://|api/", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{page.name}:{line}: there is no {link}")
        elif anchor and anchor not in anchors(target):
            wrong.append(f"{page.name}:{line}: {target.name} has no heading for #{anchor}")
    assert not wrong, "\n".join(wrong)


def test_the_book_has_every_page() -> None:
    chapters = {link.partition("#")[0] for _, link in links(DOCS / "SUMMARY.md")}
    assert {name for name in chapters if "/" not in name} == {page.name for page in DOCS.glob("*.md")} - {"SUMMARY.md"}


def table(page: str, heading: str) -> dict[str, list[str]]:
    """The cells of each row of the table below a heading, by what is in its first cell as code."""
    lines = iter(prose(DOCS / page))
    for line in lines:
        if line == heading:
            break
    rows = {}
    for line in lines:
        if line.startswith("#") or (rows and not line):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("| `") else ():
            rows[name] = cells[1:]
    return rows


def test_every_setting_has_its_default_and_meaning() -> None:
    from dishtayantra_lmdb._exchange.config import parse

    defaults = parse({})
    listed = table("configuration.md", "## Every setting")
    assert set(listed) == set(defaults)
    for name, (_, default, meaning) in listed.items():
        said = re.match(r"`([^`]*)`", default)
        # A default that depends on something is told in words.
        if said and name != "lmdb_db_path":
            assert json.loads(said[1]) == defaults[name], name
        assert len(meaning) > 10, name


def test_every_status_has_its_section() -> None:
    headings = [line.removeprefix("## ") for line in prose(DOCS / "troubleshooting.md") if line.startswith("## ")]
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and "status" in vars(kind)}
    wanted = {kind.status_name.removeprefix("DY_LMDB_") for kind in kinds if kind is not errors.LMDBError} | {
        "INTERNAL"
    }
    assert {heading.split()[0] for heading in headings if heading.isupper() or "`" not in heading} >= wanted


def test_every_status_has_its_names_in_each_language() -> None:
    sources = {
        "Python": "bindings/python/src/dishtayantra_lmdb/errors.py",
        "C++": "include/dishtayantra_lmdb/error.hpp",
        "Rust": "bindings/rust/src/error.rs",
        "Java": "java/lmdb/src/main/java/com/dishtayantra/lmdb/Status.java",
    }
    text = {language: (ROOT / place).read_text() for language, place in sources.items()}
    names = {
        "Python": {"INTERNAL": errors.InternalError.__name__}
        | {
            kind.status_name.removeprefix("DY_LMDB_"): kind.__name__
            for kind in vars(errors).values()
            if isinstance(kind, type) and "status" in vars(kind) and kind is not errors.LMDBError
        },
        "C++": {s: n for n, s in re.findall(r"^using (\w+) = ErrorOf<DY_LMDB_(\w+)", text["C++"], re.MULTILINE)},
        "Rust": {s: n for n, s in re.findall(r"^    (\w+) = DY_LMDB_(\w+),", text["Rust"], re.MULTILINE)},
        "Java": {
            status: name
            for cases, name in re.findall(r"((?:case \w+:\s*)+)return new (\w+)\(", text["Java"])
            for status in re.findall(r"case (\w+)", cases)
        },
    }
    page = (DOCS / "troubleshooting.md").read_text()
    told = re.findall(r"^## (\w+)\n\nStatus \d+; (.+?)\. ", page, re.MULTILINE)
    assert {status for status, _ in told} == set(names["Rust"])
    for status, line in told:
        wanted = {language: names[language].get(status, "LmdbException") for language in names}
        assert dict(re.findall(r"(\S+) `(\w+)`", line)) == wanted, status


def test_what_the_tutorial_shows_is_in_the_templates() -> None:
    from pages import blocks

    shown = {block.note.removeprefix("file "): block.text for block in blocks(DOCS / "tutorial.md")}
    shown = {name: text for name, text in shown.items() if name.startswith("mean-")}
    assert {name.split("/")[0] for name in shown} == {"mean-cpp", "mean-rust", "mean-java", "mean-python"}
    for name, text in shown.items():
        language, _, rest = name.removeprefix("mean-").partition("/")
        assert (ROOT / "templates" / language / rest).read_text() == text, name


def test_every_function_of_c_is_listed() -> None:
    header = (ROOT / "include" / "dishtayantra_lmdb.h").read_text()
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    _, listed = (DOCS / "c-api.md").read_text().split("## Every function")
    assert set(re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE)) == set(re.findall(r"\b(dy_lmdb_\w+)\(", code))


def test_refusals_of_containers_are_the_engines() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "src").rglob("*.rs"))
    # As the compiler joins lines, and with the paths that constants stand for.
    source = re.sub(r"\\\n\s*", "", source)
    for name, value in re.findall(r'const (\w+): &str = "(/proc/[^"]*)"', source):
        source = source.replace(f"{{{name}}}", value)
    _, _, section = (DOCS / "containers.md").read_text().partition("\n## What is not supported\n")
    told = re.findall(r"^\| .* \| `[A-Z_]+`: `(.*)` \|$", section, re.MULTILINE)
    assert len(told) >= 8
    # Messages are put together of several texts.
    parts = {part for message in told for part in re.split("[…:;,]| holds ", message)}
    assert sorted(part for part in parts if part.strip() and part.strip() not in source) == []


def test_every_call_of_python_is_listed() -> None:
    page = (DOCS / "python.md").read_text()
    classes = (
        package.LMDBTransport,
        package.View,
        package.Loan,
        package.LMDBEnabledCalculator,
        package.LMDBCalculatorMixin,
    )
    calls = {name for kind in [*classes, package.LMDBCalculatorMixin] for name in dir(kind) if not name.startswith("_")}
    names = {name for name in package.__all__ if not name.endswith(("Error", "Ignored"))}
    assert sorted(name for name in calls | names if not re.search(rf"\b{name}\b", page)) == []


def test_every_call_across_nodes_is_listed() -> None:
    from dishtayantra_lmdb import ray as nodes

    page = (DOCS / "ray.md").read_text()
    classes = [kind for name in nodes.__all__ if isinstance(kind := getattr(nodes, name), type)]
    kept = [kind for kind in classes if not issubclass(kind, Exception)]
    calls = {name for kind in kept for name in dir(kind) if not name.startswith("_") and kind is not nodes.JavaClass}
    calls |= set(nodes.PullStatus.__dataclass_fields__)
    assert {"value", "publish", "state"} <= calls
    assert sorted(name for name in {*calls, *nodes.__all__} if not re.search(rf"\b{name}\b", page)) == []


def calls_listed(page: str) -> dict[tuple[str, ...], set[str]]:
    """The calls in each table of "Every call", by the classes that its heading names."""
    _, _, rest = "\n".join(prose(DOCS / page)).partition("\n## Every call\n")
    listed = {}
    for section in rest.partition("\n## ")[0].split("\n### ")[1:]:
        heading, *lines = section.splitlines()
        cells = "".join(line.split(" | ")[0] for line in lines if line.startswith("| `"))
        names = tuple(re.findall(r"`(\w+)`", heading)) or (heading,)
        listed[names] = set(re.findall(r"`(\w+)(?:(?:<T>)?\([^`]*\))?`", cells))
    return listed


def assert_listed(page: str, calls: dict[str, set[str]]) -> None:
    listed = calls_listed(page)
    headed = {name for names in listed for name in names}
    assert {name: sorted(found) for name, found in calls.items() if found and name not in headed} == {}
    wanted = {names: set().union(*(calls[name] for name in names)) for names in listed}
    assert {names: sorted(wanted[names] - found) for names, found in listed.items() if wanted[names] - found} == {}
    assert {names: sorted(found - wanted[names]) for names, found in listed.items() if found - wanted[names]} == {}


def java_calls(source: Path) -> set[str]:
    """The methods that others call or write, also of classes inside; none of a type that is not public."""
    code = re.sub(r"/\*.*?\*/", "", source.read_text(), flags=re.DOTALL)
    kind = re.search(rf"^((?:@.*\n)*)public .*?(\w+) {source.stem}\b", code, re.MULTILINE)
    if kind is None or "@Deprecated" in kind[1]:
        return set()
    access = r"(?:default )?" if kind[2] == "interface" else r"(?:public|protected) "
    method = rf"^(    |        )((?:@.*\n\s*)*){access}(?!return |throw )[^\n(;={{}}]*?\b(\w+)\("
    return {
        name
        for indent, marks, name in re.findall(method, code, re.MULTILINE)
        if "@Deprecated" not in marks
        # Further in, what overrides is a class without a name.
        and not (len(indent) > 4 and "@Override" in marks)
        and name not in ("toString", "equals", "hashCode", source.stem)
    }


@pytest.mark.parametrize(
    ("page", "sources", "beside"),
    [
        ("java.md", "lmdb/src/main/java/com/dishtayantra/lmdb", r".*Exception"),
        # The examples have no calls of their own, and those for Python's gateways are no base.
        (
            "java-calculators.md",
            "calculators/src/main/java/com/dishtayantra/calculators",
            r".*Exception|(?!Abstract|LMDBEnabled|Array).+Calculator|ArrayBytes|GatewaySockets",
        ),
    ],
    ids=["store", "calculators"],
)
def test_every_call_of_java_is_listed(page: str, sources: str, beside: str) -> None:
    files = [file for file in (ROOT / "java" / sources).glob("*.java") if not re.fullmatch(beside, file.stem)]
    calls = {file.stem: java_calls(file) for file in files}
    if page == "java.md":
        assert calls["Store"] >= {"open", "sweep", "close"}
        assert calls["Reference"] >= {"gather", "inputs"}
        assert "run" not in calls["Database"] | calls["Loan"]
    assert_listed(page, calls)


def cpp_calls() -> dict[str, set[str]]:
    """The methods of each class of the C++ headers, without what overrides or is an operator; and the functions."""
    calls: dict[str, set[str]] = {"Functions": set()}
    name = r"(?!template|using|friend|return|static_assert)[^\n(=]*?[\w>&*] [&*]*(\w+)\("
    for header in sorted((ROOT / "include" / "dishtayantra_lmdb").glob("*.hpp")):
        detail = r"^namespace detail \{.*?^\}  // namespace detail$"
        code = re.sub(detail, "", header.read_text(), flags=re.MULTILINE | re.DOTALL)
        code = re.sub(r"//.*", "", code)
        calls["Functions"] |= set(re.findall(rf"^(?=\w){name}", code, re.MULTILINE))
        for kind, owner, body in re.findall(r"^(class|struct) (\w+)[^;{]*\{(.*?)^\};", code, re.MULTILINE | re.DOTALL):
            found = calls.setdefault(owner, set())
            first, *parts = re.split(r"^(public|protected|private):", body, flags=re.MULTILINE)
            access = ["public" if kind == "struct" else "private", *parts[::2]]
            for allowed, part in zip(access, [first, *parts[1::2]], strict=True):
                for line in part.splitlines() if allowed == "public" else ():
                    call = re.match(rf"    (?=\w){name}", line)
                    if call and call[1] != owner and not re.search(r"\b(override|final|operator)\b|= delete", line):
                        found.add(call[1])
    return calls


def test_every_call_of_cpp_is_listed() -> None:
    calls = cpp_calls()
    assert calls["Store"] >= {"open", "sweep", "close"}
    assert calls["Span"] >= {"data", "subspan"}
    assert calls["Functions"] >= {"answer", "set_log"}
    assert "open_view" not in calls["Store"]
    assert_listed("cpp.md", calls)


def rust_calls(crate: str) -> dict[str, set[str]]:
    """The public calls of a crate by type, those of none by "": not what is deprecated, nor what implements a trait."""
    source = ROOT / crate / "src"
    files = [file.relative_to(source) for file in source.rglob("*.rs") if file.parent.name != "sys"]
    text = {
        str(file): re.sub(r"^#\[cfg\(test\)\].*", "", (source / file).read_text(), flags=re.M | re.S) for file in files
    }
    exports = " ".join(re.findall(r"^pub use (.*?);", text["lib.rs"] + text.get("calculator.rs", ""), re.M | re.S))
    public = set(re.findall(r"\w+", exports))
    if "pub mod calculator;" in text["lib.rs"]:
        public.update(re.findall(r"^pub (?:struct|trait|fn) (\w+)", text["calculator.rs"], re.M))
    calls: dict[str, set[str]] = {}
    for code in text.values():
        code = re.sub(r"#\[deprecated.*\n(?:\s*(?:///|#).*\n)*\s*pub (?:\w+ )*fn \w+", "", code)
        owner, is_trait = "", False
        for line in code.splitlines():
            if begun := re.match(r" *(impl|pub trait|trait)\b(?:<[^>]*>)? *(\w*)(.*)", line):
                is_trait = begun[1] != "impl"
                owner = begun[2] if begun[1] != "trait" and (is_trait or " for " not in begun[3]) else "?"
            elif line == "}":
                owner, is_trait = "", False
            found = re.match(r" *(pub )?(?:const |unsafe |async )*fn (\w+)", line)
            if found and (found[1] or is_trait) and (owner or found[2]) in public:
                calls.setdefault(owner, set()).add(found[2])
        calls.setdefault("", set()).update(
            re.findall(r"^(?<!hidden\)\]\n)#\[macro_export\]\nmacro_rules! (\w+)", code, re.M)
        )
    return calls


@pytest.mark.parametrize(("crate", "least"), [("bindings/rust", 150), ("bindings/pyo3", 10)])
def test_every_call_of_rust_is_listed(crate: str, least: int) -> None:
    _, _, listed = (DOCS / "rust.md").read_text().partition("\n## Every call\n")
    by_type: dict[str, set[str]] = {}
    for heading, rows in re.findall(r"^### (.*)\n((?:(?!#).*\n)*)", listed, re.M):
        cells = " ".join(re.findall(r"^\| (`.*?) \|", rows, re.M))
        names = {name for code in re.findall(r"`([^`]+)`", cells) for name in re.findall(r"(\w+)(?:[(!]|::<)", code)}
        for kind in re.findall(r"`(\w+)`", heading) or [""]:
            by_type.setdefault(kind, set()).update(names)
    calls = rust_calls(crate)
    assert sum(map(len, calls.values())) >= least
    missing = {kind: sorted(names - by_type.get(kind, set())) for kind, names in calls.items()}
    assert {kind: names for kind, names in missing.items() if names} == {}


def test_what_pages_have_make_do_can_be_made() -> None:
    """Lines of shell alone: in prose "make" is a word."""
    from pages import blocks

    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        (f"{page.name}:{block.line}", target)
        for page in pages()
        for block in blocks(page)
        if block.language == "sh"
        for words in re.findall(r"^(?:sudo )?make((?: +(?:-C +\S+|[A-Z]+=\S+|[a-z-]+))*)", block.text, re.MULTILINE)
        for target in re.sub(r"-C +\S+", "", words).split()
        if target.islower()
    }
    assert {"build", "install", "wheel", "java", "cli"} <= {target for _, target in named}
    assert sorted(place for place, target in named if target not in targets) == []
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == targets


def test_pages_name_the_packages_of_this_version() -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert version
    for page in pages():
        text = page.read_text()
        for name, named in re.findall(r"com\.dishtayantra:(dishtayantra-[a-z]+):([\d.]+\d)", text):
            assert named == version[1], page.name
            assert name in ("dishtayantra-lmdb", "dishtayantra-calculators"), page.name
