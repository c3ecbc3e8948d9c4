"""Lists of dates, times and spans of time, and columns of such, as tables: exactly, or not at all."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dishtayantra_lmdb import CorruptError, FormatError, LMDBTransport
from dishtayantra_lmdb._payload import formats

UTC = datetime.timezone.utc
FIRST, LAST = datetime.datetime.min, datetime.datetime.max
MOMENT = datetime.datetime(2026, 11, 29, 12, 34, 56, 789_012)
ROWS = 100


def some(*values: Any) -> list[Any]:
    return [values[row % len(values)] for row in range(ROWS)]


KEPT: dict[str, tuple[list[Any], str]] = {
    "naive": (
        some(MOMENT, FIRST, LAST, datetime.datetime(1970, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999)),
        "tsu:",
    ),
    "UTC": (some(MOMENT.replace(tzinfo=UTC), LAST.replace(tzinfo=UTC)), "tsu:UTC"),
    "date": (some(MOMENT.date(), datetime.date.min, datetime.date.max, datetime.date(2000, 2, 29)), "tdD"),
    "span": (some(datetime.timedelta(0), datetime.timedelta(-1, 1, 1), datetime.timedelta(99_999_999, 3, 7)), "tDu"),
    "missing": (some(MOMENT, None, FIRST), "tsu:"),
    "missing date": (some(MOMENT.date(), None), "tdD"),
    "every day": ([datetime.date(1, 1, 1) + datetime.timedelta(36_500 * day) for day in range(ROWS)], "tdD"),
}


class Moment(datetime.datetime):
    pass


PLAIN: dict[str, list[Any]] = {
    "naive and UTC": some(MOMENT, MOMENT.replace(tzinfo=UTC)),
    "date and time": some(MOMENT, MOMENT.date()),
    "another zone": some(MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1)))),
    "a zone by name": some(MOMENT.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))),
    "UTC by name": some(MOMENT.replace(tzinfo=zoneinfo.ZoneInfo("UTC"))),
    "the second of two hours": some(MOMENT, MOMENT.replace(fold=1)),
    "longest span": some(datetime.timedelta.max, datetime.timedelta(0)),
    "times of the day": some(MOMENT.time()),
    "numbers among them": some(MOMENT, 1),
}


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("name", KEPT)
def test_they_come_back_from_tables(transport: LMDBTransport, name: str, exact: bool) -> None:
    values, kind = KEPT[name]
    rows = [{"n": n, "t": value} for n, value in enumerate(values)]
    transport.put("key", {"list": values, "rows": rows}, tables=True, exact=exact)
    with transport.view("key") as view:
        assert view.table("list").column(0).format == view.table("rows")["t"].format == kind
        arrow = pa.table(view.table("rows"))
        assert arrow["t"].null_count == values.count(None)
    found = transport.get("key")
    assert list(map(repr, found["list"])) == list(map(repr, values))
    assert list(map(repr, found["rows"])) == list(map(repr, rows))
    if name in ("UTC", "missing date"):
        assert arrow["t"].to_pylist() == values


@pytest.mark.parametrize("name", PLAIN)
def test_others_stay_as_they_were(transport: LMDBTransport, name: str) -> None:
    values = PLAIN[name]
    for payload in ({"v": values}, {"v": [{"t": value} for value in values]}):
        parts = formats.encode(payload, formats.MSGPACK, tables=True, exact=True)[1]
        assert parts == formats.encode(payload, formats.MSGPACK, exact=True)[1]
        transport.put("key", payload, tables=True, exact=True)
        assert repr(transport.get("key")) == repr(payload)


def test_subclasses_are_not_taken_for_times(transport: LMDBTransport) -> None:
    for values in (some(Moment(2026, 1, 1)), some(pd.Timestamp(MOMENT)), some(MOMENT, Moment(2026, 1, 1))):
        with pytest.raises(FormatError):
            transport.put("key", values, tables=True, exact=True)


def test_objects_of_pandas_that_are_times_come_back(transport: LMDBTransport) -> None:
    frame = pd.DataFrame({"d": pd.Series([MOMENT.date(), None], dtype=object)})
    transport.put("key", frame, tables=True)
    found = transport.get("key")
    pd.testing.assert_frame_equal(found, frame)
    assert type(found["d"][0]) is datetime.date


@pytest.mark.parametrize("number", [-(1 << 63), (1 << 63) - 1, 253_402_300_800_000_000, -62_135_596_800_000_001])
def test_times_that_python_has_not_are_told(transport: LMDBTransport, number: int) -> None:
    transport.put("key", some(MOMENT), tables=True)
    raw = transport.get_raw("key")
    assert raw is not None
    payload = bytearray(raw[0])
    payload[-8:] = np.int64(number).tobytes()
    with transport.loan("key", len(payload), format="msgpack") as loan:
        loan.memory[:] = payload
    with pytest.raises(CorruptError, match="before year 1 or after year 9999"):
        transport.get("key")
