"""Counting in working days, which is how plans are moved in time (modules.md 3.6).

Days are counted by the number of working days before them, so that a day that nobody works on counts as the
next one on which somebody does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from datetime import date

from pronaflow_kernel.api import invalid
from pronaflow_workspaces.api import Settings

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WorkDays:
    """The days on which a workspace works.

    Arguments:
        work_days: of the week, `mon` to `sun`, at least one.
        holidays: days on which nobody works all the same.
    """

    def __init__(self, work_days: Collection[str], holidays: Iterable[date] = ()) -> None:
        self._week = [place for place, name in enumerate(_WEEK) if name in work_days]
        days_off = {day for day in holidays if day.weekday() in self._week}
        self._off = sorted(self._weekly(day) for day in days_off)

    @classmethod
    def of(cls, settings: Settings) -> WorkDays:
        """Those of a workspace's settings."""
        return cls(settings.work_days, (date.fromisoformat(holiday["date"]) for holiday in settings.holidays))

    def offset(self, start: date, day: date) -> int:
        """How many working days lie from `start` (with it) to `day` (without it); negative before it."""
        return self._number(day) - self._number(start)

    def length(self, first: date, last: date) -> int:
        """Working days from one day to another, both of them included; at least 1."""
        after = self._number(last) + self.is_work_day(last)
        return max(1, after - self._number(first))

    def day(self, start: date, offset: int) -> date:
        """The working day at a distance from `start`: 0 is `start` itself, or the first one after it.

        Raises:
            ValidationFailed: it lies outside the calendar; the field named is `start_date`.
        """
        wanted = self._number(start) + offset
        place = wanted
        while (further := wanted + bisect_right(self._off, place)) != place:
            place = further
        weeks, weekday = divmod(place, len(self._week))
        try:
            return date.fromordinal(7 * weeks + self._week[weekday] + 1)
        except (ValueError, OverflowError):
            raise invalid(
                "start_date", "Moves something beyond the calendar, which has 9999 years."
            ) from None

    def is_work_day(self, day: date) -> bool:
        """Whether anybody works on a day."""
        if day.weekday() not in self._week:
            return False
        place = bisect_left(self._off, self._weekly(day))
        return place == len(self._off) or self._off[place] != self._weekly(day)

    def _number(self, day: date) -> int:
        """Working days before a day, since the beginning of the calendar."""
        weekly = self._weekly(day)
        return weekly - bisect_left(self._off, weekly)

    def _weekly(self, day: date) -> int:
        """The same without a thought of holidays; the calendar begins with a Monday."""
        weeks, weekday = divmod(day.toordinal() - 1, 7)
        return weeks * len(self._week) + bisect_left(self._week, weekday)
