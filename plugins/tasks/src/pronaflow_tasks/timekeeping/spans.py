"""Spans of time by calendar days, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = 24 * 60 * 60
"""Seconds that one day takes of one person (modules.md 4.4 rule 12)."""

LONG_DAY = 12 * 60 * 60
"""Seconds beyond which a day is warned of."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a span takes of one day.

    Arguments:
        day: in the zone that was asked for.
        start, end: instants.
        seconds: whole ones; those of all parts are the whole seconds of the span.
    """

    day: date
    start: datetime
    end: datetime
    seconds: int


def parts(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Part]:
    """A span cut at each midnight of a zone, in order."""
    begin = start
    while begin < end:
        day = begin.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
        stop = min(end, midnight)
        yield Part(day, begin, stop, _whole(stop - start) - _whole(begin - start))
        begin = stop


def _whole(length: timedelta) -> int:
    return length // timedelta(seconds=1)


def with_hours(task: dict[str, Any]) -> dict[str, Any]:
    """A task, completed in place by its hours."""
    task["actual_hours"] = hours(task["actual_seconds"])
    return task


def hours(seconds: int) -> float:
    """Hours as they are shown: to two places."""
    return round(seconds / 3600, 2)
