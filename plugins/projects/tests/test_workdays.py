"""Counting in working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pronaflow_kernel.api import ValidationFailed
from pronaflow_projects.api import WorkDays
from pronaflow_workspaces.api import Settings

FRIDAY, SATURDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8)
MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)
USUAL = WorkDays(Settings().work_days)
HOLIDAY = WorkDays(Settings().work_days, [MONDAY, SUNDAY])


@pytest.mark.parametrize(
    ("days", "start", "offset", "day"),
    [
        (USUAL, FRIDAY, 0, FRIDAY),
        (USUAL, FRIDAY, 1, MONDAY),
        (USUAL, FRIDAY, 5, FRIDAY + timedelta(7)),
        (USUAL, MONDAY, -1, FRIDAY),
        (USUAL, SATURDAY, 0, MONDAY),
        (USUAL, SUNDAY, -1, FRIDAY),
        (HOLIDAY, FRIDAY, 1, TUESDAY),
        (HOLIDAY, MONDAY, 0, TUESDAY),
        (HOLIDAY, TUESDAY, -1, FRIDAY),
        (WorkDays(["sat"]), FRIDAY, 2, SATURDAY + timedelta(14)),
    ],
    ids=lambda value: str(value) if isinstance(value, int | date) else "days",
)
def test_a_day_at_a_distance(days: WorkDays, start: date, offset: int, day: date) -> None:
    assert days.day(start, offset) == day
    assert days.offset(start, day) == offset


@pytest.mark.parametrize(
    ("days", "first", "last", "length"),
    [
        (USUAL, FRIDAY, FRIDAY, 1),
        (USUAL, FRIDAY, SUNDAY, 1),
        (USUAL, FRIDAY, MONDAY, 2),
        (USUAL, SATURDAY, SUNDAY, 1),
        (HOLIDAY, FRIDAY, WEDNESDAY, 3),
        (HOLIDAY, MONDAY, MONDAY, 1),
    ],
    ids=lambda value: str(value) if isinstance(value, int | date) else "days",
)
def test_how_long_something_takes(days: WorkDays, first: date, last: date, length: int) -> None:
    assert days.length(first, last) == length


def test_the_settings_of_a_workspace_decide() -> None:
    days = WorkDays.of(Settings(work_days=("fri", "tue"), holidays=({"date": "2026-03-10", "name": None},)))
    assert [days.is_work_day(day) for day in (FRIDAY, SATURDAY, TUESDAY)] == [True, False, False]
    assert days.day(FRIDAY, 1) == FRIDAY + timedelta(7)


@pytest.mark.parametrize(("start", "offset"), [(date.max, 1), (date.min, -1)], ids=["last", "first"])
def test_the_calendar_has_an_end(start: date, offset: int) -> None:
    with pytest.raises(ValidationFailed) as refused:
        USUAL.day(start, offset)
    assert refused.value.details["errors"][0]["field"] == "start_date"


DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
WEEKS = st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(WEEKS, st.sets(DAYS, max_size=40), DAYS, st.integers(-200, 200))
def test_counting_is_as_going_day_by_day(week: set[str], off: set[date], start: date, offset: int) -> None:
    days = WorkDays(week, off)

    def works(day: date) -> bool:
        return day.strftime("%a").lower() in week and day not in off

    day, left = start, offset
    while not works(day):
        day += timedelta(1)
    while left:
        day += timedelta(1 if left > 0 else -1)
        left -= works(day) * (1 if left > 0 else -1)
    assert days.day(start, offset) == day
    assert days.offset(start, day) == offset
    assert days.is_work_day(day)
