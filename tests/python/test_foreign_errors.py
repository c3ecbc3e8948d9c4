"""What is raised while a payload is stored or read, but not because of it, reaches the caller as it is."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dishtayantra_lmdb import CorruptError, FormatError, LMDBTransport

PACKAGE = str(Path(sys.modules["dishtayantra_lmdb"].__file__ or "").parent)


class LateError(Exception):
    """A time limit's."""


class LateValueError(ValueError):
    """Another one's, of a class that parsers raise as well."""


def raised_at_each_line(work: Callable[[], object], error: Exception) -> Iterator[object]:
    """Does ``work`` again and again, with ``error`` raised as signal handlers do at one line of ours after the other.

    Yields what the caller caught, or what was returned instead.
    """
    line = 0
    while True:
        line += 1
        left, raised = [line], [False]

        def handler(frame: Any, event: str, _: object, left: list[int] = left, raised: list[bool] = raised) -> Any:
            ours = frame.f_code.co_filename.startswith(PACKAGE) and frame.f_code.co_name != "__del__"
            if event == "line" and ours:
                left[0] -= 1
                if left[0] == 0:
                    raised[0] = True
                    raise error
            return handler

        before = sys.gettrace()
        sys.settrace(handler)
        found: object
        try:
            found = work()
        except BaseException as caught:
            found = caught
        finally:
            sys.settrace(before)
        if not raised[0]:
            return
        yield found


def bad_document(transport: LMDBTransport) -> None:
    with transport.loan("damaged", 3, format="msgpack") as loan:
        loan.memory[:] = b"\x93\x01\xc1"


PAYLOADS: dict[str, tuple[Any, str]] = {
    "document": ({"a": [np.float32(1), 2.5], "s": {1, 2}, "x": np.ones(300), "f": pa.table({"a": [1]})}, "msgpack"),
    "array": (np.ones(30, [("a", "f8"), ("b", "i4")]), "numpy"),
    "columns": ({"a": [1, None], "b": [{"x": 1.5}, None]}, "arrow"),
    "frame": (pd.DataFrame({"a": [1.5]}), "arrow"),
    "text": ({"a": [1, 2.5, "x"]}, "json"),
    "refused": ({"a": [object()]}, "msgpack"),
}


@pytest.mark.parametrize(
    "error", [LateError("late"), LateValueError("late"), TimeoutError("late"), ValueError("late")], ids=repr
)
@pytest.mark.parametrize("name", PAYLOADS)
def test_what_a_signal_handler_raises_reaches_the_caller(transport: LMDBTransport, name: str, error: Exception) -> None:
    value, wanted = PAYLOADS[name]
    works: list[Callable[[], object]] = [lambda: transport.put("key", value, format=wanted)]
    if name != "refused":
        works[0]()
        works.append(lambda: transport.get("key"))
    for work in works:
        seen = list(raised_at_each_line(work, error))
        assert len(seen) > 5
        assert [found for found in seen if found is not error] == []


@pytest.mark.parametrize("error", [LateError("late"), ValueError("late")], ids=repr)
def test_damage_is_told_but_for_what_a_signal_handler_raises(transport: LMDBTransport, error: Exception) -> None:
    bad_document(transport)
    for found in raised_at_each_line(lambda: transport.get("damaged"), error):
        assert found is error
    with pytest.raises(CorruptError, match="damaged"):
        transport.get("damaged")


class Raises(Mapping[str, Any]):
    """A payload whose own code fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getitem__(self, key: str) -> Any:
        raise self.error

    def __iter__(self) -> Iterator[str]:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


def test_what_a_payload_of_the_callers_raises_reaches_it(transport: LMDBTransport) -> None:
    for error in (LateError("own"), ValueError("own"), MemoryError("own"), RecursionError("own")):
        with pytest.raises(type(error)) as raised:
            transport.put("key", {"a": Raises(error)})
        assert raised.value is error


class Exports:
    """A frame whose export fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise self.error


def test_a_frame_that_cannot_be_exported_is_refused_with_its_path(transport: LMDBTransport) -> None:
    for value, path in ((Exports(TypeError("no")), "top"), ({"a": Exports(TypeError("no"))}, " a:")):
        with pytest.raises(FormatError, match=path):
            transport.put("key", value)
    for error in (MemoryError("own"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            transport.put("key", Exports(error))  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", ["msgpack", "numpy", "arrow"])
def test_memory_that_runs_out_is_no_damage(transport: LMDBTransport, run: Any, store_path: str, wanted: str) -> None:
    values = np.zeros(3_000_000)
    transport.put("key", {"v": pa.array(values)} if wanted == "arrow" else values, format=wanted)
    source = """
        import resource, sys, numpy, pyarrow, msgpack
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        transport.get("key")
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 20, -1))
        try:
            transport.get("key", copy=True)
            print("got")
        except MemoryError:
            print("MemoryError")
    """
    assert run(source, store_path).stdout.split() in (["MemoryError"], ["got"])


def test_a_stack_that_is_full_is_no_damage(transport: LMDBTransport) -> None:
    transport.put("key", {"s": {1}, "x": np.ones(3)})

    def deeper() -> Any:
        try:
            return deeper()
        except RecursionError:
            # Here some work, and some does not.
            return transport.get("key")

    with contextlib.suppress(RecursionError):
        assert deeper()["s"] == {1}


def test_headers_that_make_the_parser_give_up_are_damage(transport: LMDBTransport) -> None:
    for text in (b"(" * 5000, b"-" * 5000 + b"1", b"[" * 150 + b"]" * 150, b"{'descr': " + b"~" * 9000 + b"1}"):
        head = text + b"\n"
        npy = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
        with transport.loan("made up", len(npy), format="raw") as loan:
            loan.memory[:] = npy
        document = msgpack.packb(msgpack.ExtType(78, npy))
        with transport.loan("made up", len(document), format="msgpack") as loan:
            loan.memory[:] = document
        with pytest.raises(CorruptError):
            transport.get("made up")
