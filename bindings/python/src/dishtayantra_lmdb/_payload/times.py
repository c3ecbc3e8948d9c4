"""Dates and times as the library knows them: numbers in tables, once it saw that it reads them."""

from __future__ import annotations

import datetime

from .._library import core

_UTC = datetime.timezone.utc
_FIRST = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)


def _number(value: datetime.datetime) -> int:
    return (value.replace(tzinfo=None) - _FIRST) // _MICROSECOND


def learn() -> None:
    """Tells the library of the module ``datetime``."""
    capsule = getattr(datetime, "datetime_CAPI", None)
    if capsule is None:
        return
    moments = [
        datetime.datetime(2571, 12, 13, 14, 15, 16, 658_188),
        datetime.datetime(1, 1, 1),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999),
    ]
    samples: list[tuple[object, int | None]] = [(moment, _number(moment)) for moment in moments]
    samples += [(moment.replace(tzinfo=_UTC), _number(moment)) for moment in moments]
    samples += [(moment.replace(fold=1), None) for moment in moments]
    samples += [(moment.replace(tzinfo=_UTC, fold=1), None) for moment in moments]
    zone = datetime.timezone(datetime.timedelta(0), "another")
    samples += [(moment.replace(tzinfo=zone), None) for moment in moments]
    samples += [(moment.date(), (moment.date() - _FIRST.date()).days) for moment in moments]
    spans = [datetime.timedelta(days, 17, 658_188) for days in (0, 5, -100_000_000, 100_000_000)]
    samples += [(span, span // _MICROSECOND) for span in spans]
    samples += [(datetime.timedelta.max, None), (datetime.timedelta.min, None)]
    core.learn_times(capsule, tuple(samples))
