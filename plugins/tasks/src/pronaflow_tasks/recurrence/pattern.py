"""On which days a task comes again: calendar days, without any clock (modules.md 4.6).

dateutil's `rrule` (RFC 5545) knows the calendar. What it does not know is the clamp: "monthly on the 31st" is
the last day of a shorter month here, where the RFC leaves such a month out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule as rfc5545
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrulestr

from .words import WEEKDAYS

HORIZON = timedelta(days=30 * 365)
"""How far ahead of an occurrence the next one is looked for."""

_PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})

_CYCLE = 400
"""After so many years the calendar is the same again, weekdays included."""

_NEAR_THE_END = 9899
"""dateutil knows years up to 9999; a rule begins, as it sees it, in the 400 years up to this one."""

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
"""Between these a rule begins."""

LONGEST = 999
"""Most of an interval."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The days of a rule without its end.

    Arguments:
        pattern: one of `PATTERNS`; interval: every so many days, weeks, months or years.
        starts_on: the first day; the others are counted from it.
        weekdays: of a weekly one; empty: that of the first day.
        day_of_month: 1-31, of a monthly or yearly one; None: that of the first day.
        rrule: of a custom one, with the parts that `rrule_problem` allows.
    """

    pattern: str
    starts_on: date
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    day_of_month: int | None = None
    rrule: str | None = None

    def after(self, day: date) -> date | None:
        """The first day of it after a day; None where there is none within `HORIZON`."""
        return next(self.between(day, day + HORIZON), None)

    def between(self, day: date, last: date) -> Iterator[date]:
        """Its days after a day and up to a last one, in order."""
        shift = self._shift()
        for found in self._days(shift):
            each = found.replace(year=found.year - shift).date()
            if each > last:
                return
            if each > day:
                yield each

    def latest(self, day: date, last: date) -> date:
        """Its last day up to `last`, or `day` where there is none after that."""
        found = day
        for each in self.between(day, last):
            found = each
        return found

    def next(self, day: date, last: date | None, most: int) -> list[date]:
        """Up to so many of its days after a day, none after `last`."""
        horizon = day + HORIZON * most
        return list(islice(self.between(day, min(last or horizon, horizon)), most))

    def _shift(self) -> int:
        """How many years later the same days are looked for: near the end of what dateutil knows.

        It does not stop at any limit before a day was found. This bounds the search for one that never comes
        (`FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`) to a twentieth of its time.
        """
        return (_NEAR_THE_END - self.starts_on.year) // _CYCLE * _CYCLE

    def _days(self, shift: int) -> rfc5545.rrule:
        first = self.starts_on.replace(year=self.starts_on.year + shift)
        start = datetime.combine(first, time())
        if self.pattern == "custom":
            parsed = rrulestr(self.rrule or "", dtstart=start)
            assert isinstance(parsed, rfc5545.rrule)
            return parsed
        arguments: dict[str, Any] = {"dtstart": start, "interval": self.interval}
        if self.pattern == "daily":
            return rfc5545.rrule(DAILY, **arguments)
        if self.pattern == "weekly":
            days = [WEEKDAYS.index(day) for day in self.weekdays] or [self.starts_on.weekday()]
            return rfc5545.rrule(WEEKLY, byweekday=days, **arguments)
        arguments |= _clamped(self.day_of_month or self.starts_on.day)
        if self.pattern == "monthly":
            return rfc5545.rrule(MONTHLY, **arguments)
        return rfc5545.rrule(YEARLY, bymonth=self.starts_on.month, **arguments)


def _clamped(day: int) -> dict[str, Any]:
    """The day of a month, or the last one of a month that is too short: of those up to it, the last."""
    if day <= 28:
        return {"bymonthday": day}
    return {"bymonthday": list(range(28, day + 1)), "bysetpos": -1}


def rrule_problem(text: str) -> str | None:
    """What is wrong with the text of a custom rule, in a sentence; None where nothing is."""
    given = [part.partition("=")[::2] for part in text.upper().split(";")]
    parts = dict(given)
    unknown = sorted(parts.keys() - _PARTS)
    if unknown:
        return f"Takes {', '.join(sorted(_PARTS))}; not {', '.join(unknown)}."
    if parts.get("FREQ") not in _FREQUENCIES:
        return "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY."
    try:
        parsed = rrulestr(text, dtstart=datetime(2000, 1, 1))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return "Is no RRULE of RFC 5545."
    if not isinstance(parsed, rfc5545.rrule) or len(given) > len(parts):
        return "Is no RRULE of RFC 5545."
    return None if 0 < int(parts.get("INTERVAL", "1")) <= LONGEST else f"INTERVAL is 1 to {LONGEST}."


def instant(day: date, zone: str, at: time | None = None) -> datetime:
    """When a day begins in a zone, or when a clock on the wall there shows a time; in UTC.

    Of a time that comes twice it is the first; one that is left out is as long after midnight as it would be.
    """
    return datetime.combine(day, at or time(), ZoneInfo(zone)).astimezone(UTC)


def today(now: datetime, zone: str) -> date:
    """The calendar day in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()
