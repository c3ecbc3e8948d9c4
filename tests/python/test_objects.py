"""The classes that the library makes: loans, views and pins as Python objects."""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dishtayantra_lmdb import BadKeyError, LMDBTransport, Loan, StoreClosedError, View
from dishtayantra_lmdb._library.pin import Pin

Make = Callable[[LMDBTransport], Any]
MAKERS: dict[str, Make] = {
    "loan": lambda transport: transport.loan("key", 5000),
    "view": lambda transport: transport.view("payload"),
    "pin": lambda transport: transport.view("payload")._pin,
}


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest, transport: LMDBTransport) -> Callable[[], Any]:
    """Makes an object of one of the classes, over an entry of 5,000 bytes."""
    transport.put("payload", bytes(5000), format="raw")
    maker = MAKERS[request.param]
    return lambda: maker(transport)


@pytest.mark.parametrize("kind", [Loan, View, Pin])
def test_only_the_library_makes_them(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="transport"):
        kind()
    with pytest.raises(TypeError):
        object.__new__(kind)


@pytest.mark.parametrize("name", ["_open", "_of", "_take", "_end", "_give_up", "__exit__", "__enter__", "close"])
def test_a_wrong_number_of_arguments_is_refused(make: Callable[[], Any], name: str) -> None:
    made = make()
    for count in (1, 2, 6, 9):
        if hasattr(made, name) and not (isinstance(made, View) and name == "__exit__"):
            if (name, count) == ("_give_up", 1):
                continue
            with pytest.raises(TypeError, match="argument"):
                getattr(made, name)(*[None] * count)


def test_they_are_referred_to_weakly(make: Callable[[], Any]) -> None:
    made = make()
    reference = weakref.ref(made)
    assert reference() is made
    del made
    assert reference() is None


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_they_cannot_be_copied(make: Callable[[], Any], duplicate: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        duplicate(make())


def test_no_attribute_can_be_made_up(make: Callable[[], Any]) -> None:
    with pytest.raises(AttributeError):
        make().surprise = 1


def test_references_are_given_back(transport: LMDBTransport) -> None:
    key, db = "a key of its own", "a database of its own"
    watched: list[Any] = [key, db, Loan, View, Pin, None, transport._store]
    with transport.loan(key, 5000, db_name=db) as loan:
        kind = type(loan._hold)
    watched += [kind, loan._settings]
    del loan
    # What other tests left behind refers to None, too.
    gc.collect()
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(1000):
        with transport.loan(key, 5000, db_name=db) as loan:
            loan.memory[0] = 1
            assert loan.array().sum() >= 1
        with pytest.raises(ZeroDivisionError), transport.loan(key, 10, db_name=db):
            raise ZeroDivisionError
        transport.loan(key, 10, db_name=db).drop()
        with transport.view(key, db_name=db) as view:
            assert view.memory[0] == 1
            kept = view.memory[1:3]
        with pytest.raises(StoreClosedError):
            loan.memory  # noqa: B018
        with pytest.raises(StoreClosedError):
            view.memory  # noqa: B018
        assert transport.get(key, db_name=db)[0] == 1
        assert kept == bytes(2)
        del loan, view, kept
    gc.collect()
    grown = [sys.getrefcount(each) - count for each, count in zip(watched, before, strict=True)]
    assert max(map(abs, grown)) < 500, grown


@pytest.mark.parametrize("key", ["plain", "sch\u00f6n", "\u6f22\U0001f600", b"bytes", b"\xff\xfe", "caught \udcff"])
def test_keys_of_every_kind(transport: LMDBTransport, key: str | bytes) -> None:
    text = key if isinstance(key, str) else key.decode("utf-8", "surrogateescape")
    with transport.loan(key, 3000, db_name="gro\u00df") as loan:
        assert loan.key == text
        loan.memory[:2] = b"ab"
    with transport.view(key, db_name="gro\u00df") as view:
        assert view.key == text
        assert bytes(view.memory[:2]) == b"ab"
    assert transport.get(key, db_name="gro\u00df")[:2] == b"ab"
    assert transport.keys(db_name="gro\u00df") == [text]


@pytest.mark.parametrize("use", ["loan", "view", "get"])
@pytest.mark.parametrize("key", [5, None, ("a",), bytearray(b"k"), "bad \ud800 text", "", "k" * 512])
def test_keys_that_are_refused(transport: LMDBTransport, use: str, key: Any) -> None:
    def run() -> None:
        if use == "loan":
            with transport.loan(key, 10):
                pass
        else:
            getattr(transport, use)(key)

    with pytest.raises(BadKeyError):
        run()
    assert transport.keys() == []


def test_a_kept_array_shows_what_was_published(transport: LMDBTransport) -> None:
    kept = []
    for index in range(20):
        with transport.loan("key", 80_000) as loan:
            array = loan.array("f8", 10_000)
            array[:] = index
        kept.append(array)
    with transport.loan("key", 80_000) as loan:
        array = loan.array("f8", 10_000)
        array[:] = -1
        loan.publish(40_000)
    kept.append(array)
    transport.delete("key")
    for index in range(200):
        transport.put(f"other{index % 50}", bytes([7]) * 80_128, format="raw")
    for index, array in enumerate(kept):
        expected = index if index < 20 else -1
        assert not array.flags.writeable
        assert set(array) == {expected}
    assert transport.audit()
    del array
    kept.clear()
    assert transport.stats()["pins"] == []


def test_memory_is_a_buffer_of_bytes(transport: LMDBTransport) -> None:
    with transport.loan("key", 24) as loan:
        memory = loan.memory
        assert memory is loan.memory
        assert (memory.format, memory.itemsize, memory.shape, memory.readonly) == ("B", 1, (24,), False)
        memory.cast("d")[:] = memoryview(np.arange(3.0))
        holder = memory.obj
    for late in (lambda: memoryview(holder), lambda: memory[0], lambda: np.frombuffer(holder, "u1")):
        with pytest.raises((BufferError, ValueError)):
            late()
    with transport.view("key") as view:
        assert (view.memory.format, view.memory.shape, view.memory.readonly) == ("B", (24,), True)
        assert view.memory.cast("d").tolist() == [0, 1, 2]
        pin = view.memory.obj
        with pytest.raises(TypeError):
            view.memory[0] = 1
    # What refers to the pin keeps the payload.
    transport.delete("key")
    assert np.frombuffer(pin, "f8").tolist() == [0, 1, 2]


def test_threads_that_build_and_look_at_once(transport: LMDBTransport) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(300):
                with transport.loan(f"key{number}", 20_000) as loan:
                    loan.memory[:] = bytes([turn % 251]) * 20_000
                with transport.view(f"key{(number + turn) % 8}") if turn else loan_of_my_own() as view:
                    memory = view.memory
                    assert memory[0] == memory[-1]
        except BaseException as failure:
            failures.append(failure)

    def loan_of_my_own() -> View:
        barrier.wait(60)
        return transport.view("key0")

    barrier = threading.Barrier(8)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_one_view_closed_by_many_threads(transport: LMDBTransport) -> None:
    transport.put("key", bytes(5000), format="raw")
    for _ in range(200):
        view = transport.view("key")
        barrier = threading.Barrier(4)

        def use(view: View = view, barrier: threading.Barrier = barrier) -> None:
            barrier.wait(60)
            with contextlib.suppress(StoreClosedError, ValueError):
                assert len(view.memory) == 5000
            view.close()

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert view.closed


def test_the_interpreter_ends_with_loans_and_views_open(store_path: str, run: Any) -> None:
    ended = run(
        """
        import sys
        from dishtayantra_lmdb import LMDBConfig, LMDBTransport
        transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()
        with transport.loan("key", 5000) as done:
            done.memory[:] = bytes(5000)
        loan, view = transport.loan("other", 5000), transport.view("key")
        kept = loan.memory[5:], view.memory[7:], loan
        cycle = [loan, view, transport]
        cycle.append(cycle)
        print("done")
        """,
        store_path,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("format", ["raw", "numpy"])
@pytest.mark.parametrize("key", ["", "k" * 600])
def test_a_kept_array_of_a_loan_that_was_refused_stays_as_it_is(
    transport: LMDBTransport, key: str, format: str
) -> None:
    loan = transport.loan(key, 300_000, format=format)
    array = loan.array("u1")
    array[:] = 1
    with pytest.raises(BadKeyError):
        loan.publish()
    for index in range(20):
        transport.put(f"other{index}", bytes([5]) * 300_000, format="raw")
    assert set(np.unique(array)) == {1}
    assert transport.audit()


@pytest.mark.parametrize(
    "reach",
    [
        lambda array: np.ma.array(array, copy=False),
        lambda array: array.view(np.recarray),
        lambda array: memoryview(array).cast("B"),
        lambda array: np.asarray(memoryview(array)),
        np.from_dlpack,
        np.ctypeslib.as_ctypes,
        lambda array: [array],
    ],
)
def test_what_reaches_an_array_does_not_reach_what_is_published(
    transport: LMDBTransport, reach: Callable[[Any], Any]
) -> None:
    with transport.loan("key", 8000, format="numpy") as loan:
        array = loan.array("f8")
        array[:] = 1
        reached = reach(array)
    # A list reaches the array itself, which cannot be written to any more.
    with contextlib.suppress(ValueError):
        (reached[0] if isinstance(reached, list) else reached)[0] = 7
    assert set(transport.get("key")) == {1}


def test_publishing_after_a_signal_ended_it_in_its_middle(transport: LMDBTransport) -> None:
    for index in range(400):
        loan = transport.loan("key", 8000)
        array = loan.array()
        array[:] = index % 251
        lines = 0

        def interrupt(frame: Any, event: str, _: Any, stop: int = index % 40) -> Any:
            nonlocal lines
            lines += event == "line"
            if lines > stop:
                sys.settrace(None)
                raise KeyboardInterrupt
            return interrupt

        sys.settrace(interrupt)
        try:
            loan.publish()
        except KeyboardInterrupt:
            if not loan.closed:
                loan.publish()
        finally:
            sys.settrace(None)
        assert set(transport.get("key")) == {index % 251}


@pytest.mark.parametrize("work", ["loan", "put", "wait"])
def test_the_interpreter_ends_under_threads_at_work(store_path: str, run: Any, work: str) -> None:
    for _ in range(3):
        ended = run(
            """
            import sys, threading, time
            from dishtayantra_lmdb import LMDBConfig, LMDBTransport
            transport = LMDBTransport(LMDBConfig(db_path=sys.argv[1])).open()

            def loan():
                with transport.loan("loan", 300_000) as loan:
                    loan.memory[:5] = b"hello"

            def put():
                transport.put("put", bytes(300_000), format="raw")

            def wait():
                transport.wait("put", 5)

            def forever(work):
                while True:
                    try:
                        work()
                    except TimeoutError:
                        pass

            work = {"loan": loan, "put": put, "wait": wait}[sys.argv[2]]
            for _ in range(3):
                threading.Thread(target=forever, args=(work,), daemon=True).start()
            time.sleep(0.3)
            """,
            store_path,
            work,
        )
        assert ended.returncode == 0
