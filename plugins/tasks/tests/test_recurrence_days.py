"""On which days a task comes again, and when those begin (modules.md 4.6)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pronaflow_tasks.recurrence.pattern import Pattern, instant, rrule_problem, today
from pronaflow_tasks.recurrence.template import learnt, task_for, template_of
from pronaflow_tasks.recurrence.words import WEEKDAYS


def days(pattern: Pattern, most: int = 4, last: date | None = None) -> list[str]:
    """The next days after the first one, in ISO form."""
    return [day.isoformat() for day in pattern.next(pattern.starts_on, last, most)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern("daily", date(2026, 2, 27), 2), ["2026-03-01", "2026-03-03"]),
        (Pattern("weekly", date(2026, 3, 2)), ["2026-03-09", "2026-03-16"]),
        (Pattern("weekly", date(2026, 3, 2), 2, ("mon", "fri")), ["2026-03-06", "2026-03-16", "2026-03-20"]),
        (Pattern("weekly", date(2026, 3, 3), 1, ("mon",)), ["2026-03-09"]),
        (Pattern("monthly", date(2026, 1, 31)), ["2026-02-28", "2026-03-31", "2026-04-30"]),
        (Pattern("monthly", date(2028, 1, 30)), ["2028-02-29", "2028-03-30"]),
        (Pattern("monthly", date(2026, 1, 15), 1, (), 29), ["2026-01-29", "2026-02-28", "2026-03-29"]),
        (Pattern("monthly", date(2026, 1, 31), 13), ["2027-02-28", "2028-03-31"]),
        (Pattern("yearly", date(2024, 2, 29)), ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        (Pattern("yearly", date(2026, 2, 3), 1, (), 31), ["2026-02-28", "2027-02-28"]),
        (
            Pattern("custom", date(2026, 3, 2), rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
            ["2026-03-31", "2026-04-30", "2026-05-29"],
        ),
        (Pattern("custom", date(2026, 3, 2), rrule="FREQ=MONTHLY;BYDAY=2TU"), ["2026-03-10", "2026-04-14"]),
    ],
    ids=lambda value: (
        f"{value.pattern}-{value.starts_on}-{value.interval}" if isinstance(value, Pattern) else ""
    ),
)
def test_the_calendar(pattern: Pattern, expected: list[str]) -> None:
    assert days(pattern, len(expected)) == expected


@st.composite
def patterns(draw: Any) -> Pattern:
    """Any pattern but a custom one."""
    return Pattern(
        draw(st.sampled_from(["daily", "weekly", "monthly", "yearly"])),
        draw(st.dates(date(1990, 1, 1), date(2060, 12, 31))),
        draw(st.integers(1, 5)),
        tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS))))),
        draw(st.none() | st.integers(1, 31)),
    )


def _months(day: date) -> int:
    return 12 * day.year + day.month


def _is_of(pattern: Pattern, day: date) -> bool:
    """Whether a day is one of a pattern, said without any library."""
    first, every = pattern.starts_on, pattern.interval
    if pattern.pattern == "daily":
        return (day - first).days % every == 0
    if pattern.pattern == "weekly":
        monday, other = day - timedelta(day.weekday()), first - timedelta(first.weekday())
        wanted = pattern.weekdays or (WEEKDAYS[first.weekday()],)
        return WEEKDAYS[day.weekday()] in wanted and (monday - other).days // 7 % every == 0
    clamped = min(pattern.day_of_month or first.day, monthrange(day.year, day.month)[1])
    if pattern.pattern == "yearly":
        return (day.month, day.day) == (first.month, clamped) and (day.year - first.year) % every == 0
    return day.day == clamped and (_months(day) - _months(first)) % every == 0


@settings(max_examples=80, derandomize=True, deadline=None)
@given(patterns(), st.integers(0, 3000))
def test_all_days_of_a_pattern_and_no_others(pattern: Pattern, away: int) -> None:
    begin = pattern.starts_on + timedelta(away)
    end = begin + timedelta(800)
    every = (begin + timedelta(step) for step in range(1, 801))
    assert list(pattern.between(begin, end)) == [day for day in every if _is_of(pattern, day)]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(patterns())
def test_each_day_leads_to_the_next(pattern: Pattern) -> None:
    found = pattern.next(pattern.starts_on, None, 6)
    assert [pattern.after(day) for day in found[:-1]] == found[1:]
    assert all(one < other for one, other in pairwise(found))
    assert pattern.latest(found[0], found[3]) == pattern.latest(found[3], found[3]) == found[3]
    assert pattern.latest(found[3], found[0]) == found[3]


def test_what_never_comes_is_soon_known() -> None:
    for frequency in ("MONTHLY", "YEARLY"):
        never = f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30"
        assert Pattern("custom", date(2026, 3, 2), rrule=never).after(date(2026, 3, 2)) is None
    assert Pattern("yearly", date(2026, 3, 2), 31).after(date(2026, 3, 2)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=5",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;UNTIL=20260101",
        "FREQ=DAILY;BYHOUR=3",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=MO\nRRULE:FREQ=DAILY",
        "DTSTART:20260101",
    ],
)
def test_bad_rules_are_refused(text: str) -> None:
    assert rrule_problem(text)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.text(st.sampled_from("FREQ=DAILYWKMONTH;BYINTERVAL,0123456789-SU")) | st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    rrule_problem(text)
    rrule_problem(f"FREQ=DAILY;{text}")


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("UTC", date(2026, 3, 2), None, "2026-03-02T00:00"),
        ("Asia/Ho_Chi_Minh", date(2026, 3, 2), None, "2026-03-01T17:00"),
        ("Europe/Berlin", date(2026, 3, 28), time(9), "2026-03-28T08:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(9), "2026-03-29T07:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(9), "2026-10-25T08:00"),
        ("Asia/Beirut", date(2026, 3, 29), None, "2026-03-28T22:00"),  # there is no midnight
        ("America/Havana", date(2026, 11, 1), None, "2026-11-01T04:00"),  # there are two of them
    ],
)
def test_a_day_begins_where_it_is(zone: str, day: date, at: time | None, expected: str) -> None:
    assert instant(day, zone, at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert today(instant(day, zone, at), zone) == day


PLAIN = dict.fromkeys(
    (
        "description",
        "priority",
        "assigned_to",
        "assignee_ids",
        "estimated_hours",
        "story_points",
        "is_milestone",
        "tags",
        "custom_fields",
        "task_list_id",
    )
)


def _task(**values: Any) -> dict[str, Any]:
    return {"title": "Report", "start_date": None, "due_date": None, "due_at": None, **PLAIN, **values}


class TestTemplates:
    """What of a task goes over to the next one."""

    def test_distances_stay(self) -> None:
        task = _task(start_date=date(2026, 2, 27), due_date=date(2026, 3, 2))
        template = template_of(task, date(2026, 3, 2), "UTC")
        made = task_for(template, date(2026, 3, 9), "UTC")
        assert (made["start_date"], made["due_date"]) == (date(2026, 3, 6), date(2026, 3, 9))

    @pytest.mark.parametrize(("day", "hour"), [(date(2026, 3, 28), 17), (date(2026, 3, 29), 16)])
    def test_the_time_on_the_wall_stays(self, day: date, hour: int) -> None:
        due = datetime(2026, 3, 2, 17, tzinfo=UTC)  # six in the evening in Berlin
        template = template_of(_task(due_date=due.date(), due_at=due), date(2026, 3, 2), "Europe/Berlin")
        made = task_for(template, day, "Europe/Berlin")
        assert made["due_date"] == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)

    def test_it_does_not_start_after_its_end(self) -> None:
        due = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
        task = _task(start_date=due.date(), due_date=due.date(), due_at=due)
        made = task_for(
            template_of(task, date(2026, 3, 2), "Europe/London"), date(2026, 7, 6), "Europe/London"
        )
        assert (made["start_date"], made["due_date"].day) == (date(2026, 7, 5), 5)

    @pytest.mark.parametrize(
        ("title", "expected"),
        [
            ("Report", "Report [2026-03-09]"),
            ("Report [2026-03-02]", "Report [2026-03-09]"),
            ("Report [v2]", "Report [v2] [2026-03-09]"),
            ("x" * 255, "x" * 242 + " [2026-03-09]"),
        ],
        ids=["plain", "suffixed", "bracketed", "long"],
    )
    def test_the_title_names_the_day(self, title: str, expected: str) -> None:
        template = template_of(_task(title=title), date(2026, 3, 2), "UTC")
        made = task_for(template, date(2026, 3, 9), "UTC")["title"]
        assert made == expected and len(made) <= 255

    def test_only_what_is_named_is_learnt(self) -> None:
        template = template_of(_task(priority="low", due_date=date(2026, 3, 2)), date(2026, 3, 2), "UTC")
        changed = _task(priority="high", title="Other", due_date=date(2026, 3, 4))
        found = learnt(template, changed, date(2026, 3, 2), "UTC", ["priority", "status"])
        assert (found["priority"], found["title"], found["due_date"]) == ("high", "Report", 0)
        moved = learnt(template, changed, date(2026, 3, 2), "UTC", ["due_date"])
        assert (moved["priority"], moved["due_date"]) == ("low", 2)
