"""When something may be sent to somebody: by their clocks, as instants. Nothing here reads or writes.

    habits = Habits(ZoneInfo("Asia/Ho_Chi_Minh"), "daily", quiet=Quiet(time(22), time(8)))
    due(now, habits)  # Due(2026-03-03 01:00 UTC, "daily")

A time that a change of clocks leaves out is the instant that a clock which was not changed would show (02:30
in New York is 03:30 on 2026-03-08); one that comes twice is the first of the two (events.md 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Frequency = Literal["immediate", "hourly", "daily", "weekly", "never"]
Window = Literal["hourly", "daily", "weekly", "quiet"]

MERGING = timedelta(seconds=60)
"""What is sent at once waits for so long, since more may happen to the same thing (events.md 4.1)."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody wants to be disturbed.

    Arguments:
        start, end: by the person's clock; an end before the start is on the next day, and where both are the
            same it is the whole day.
    """

    start: time
    end: time

    @property
    def all_day(self) -> bool:
        """Whether there is no other hour: what is held is let go once a day."""
        return self.start == self.end

    def until(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """The end of the quiet hours that an instant lies in; None where it lies in none.

        Their first and their last instant lie outside.
        """
        here = instant.astimezone(zone).date()
        for day in (here - _DAY, here):
            start, end = self._on(day, zone)
            if start < instant < end:
                return end
        return None

    def _on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The quiet hours that begin on a day; they end before others begin, whatever clocks do."""
        last = day if self.start < self.end else day + _DAY
        following = _instant(day + _DAY, self.start, zone)
        return _instant(day, self.start, zone), min(_instant(last, self.end, zone), following)


@dataclass(frozen=True, slots=True)
class Habits:
    """What somebody wants to be sent when.

    Arguments:
        zone: where they are.
        frequency: how often.
        quiet: hours in which nothing comes; None for none.
        digest_time: of the day on which something comes, by their clock.
        digest_weekday: on which something comes where it comes weekly; Monday is 0.
    """

    zone: ZoneInfo
    frequency: Frequency = "immediate"
    quiet: Quiet | None = None
    digest_time: time = time(8)
    digest_weekday: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """When something is sent.

    Arguments:
        at: the instant, in UTC.
        window: what it waits for, together with all that waits for the same; None where it is sent alone.
    """

    at: datetime
    window: Window | None


def due(now: datetime, habits: Habits, *, high: bool = False, critical: bool = False) -> Due | None:
    """When something that has just happened is sent to somebody; None for never.

    Arguments:
        now: aware.
        high: it is urgent: it waits for no window, and for nothing to be merged.
        critical: it obeys nothing that a person has chosen.
    """
    if critical:
        return Due(now, None)
    if habits.frequency == "never":
        return None
    if high:
        return Due(now, None)
    if habits.frequency == "immediate":
        return _unless_quiet(Due(now + MERGING, None), habits)
    return _unless_quiet(Due(_window_end(now, habits), habits.frequency), habits)


def held_until(now: datetime, habits: Habits) -> datetime | None:
    """When what is late may be sent after all; None for now."""
    if habits.quiet is None or habits.quiet.all_day:
        return None
    return habits.quiet.until(now, habits.zone)


def _unless_quiet(planned: Due, habits: Habits) -> Due:
    end = habits.quiet.until(planned.at, habits.zone) if habits.quiet is not None else None
    return planned if end is None else Due(end, "quiet")


def _window_end(now: datetime, habits: Habits) -> datetime:
    """The first end of a window after now."""
    ends = _hours(now, habits.zone) if habits.frequency == "hourly" else _days(now, habits)
    return next(end for end in ends if end > now)


def _hours(now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Full hours by the clock, from the current one on; it differs from UTC by less where zones do."""
    here = now.astimezone(zone)
    begun = now - timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    while True:
        yield begun.astimezone(UTC)
        begun += timedelta(hours=1)


def _days(now: datetime, habits: Habits) -> Iterator[datetime]:
    """The digest's time on each day on which it comes, from yesterday on."""
    day = now.astimezone(habits.zone).date() - _DAY
    while True:
        if habits.frequency == "daily" or day.weekday() == habits.digest_weekday:
            yield _instant(day, habits.digest_time, habits.zone)
        day += _DAY


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, zone).astimezone(UTC)
