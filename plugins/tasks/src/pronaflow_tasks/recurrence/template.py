"""What the next task of a series is made from: a task without its day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pronaflow_kernel.api import Row

from .pattern import instant

_PLAIN = (
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
"""Fields that go over as they are."""

_DATES = frozenset({"start_date", "due_date"})
_PEOPLE = frozenset({"assigned_to", "assignee_ids"})

_SUFFIX = re.compile(r" \[\d{4}-\d{2}-\d{2}\]$")
_TITLE = 255 - len(" [2026-03-02]")


def day_of(task: Row, zone: str) -> date | None:
    """The day that a task is for: the one on which it is due, else the one on which it starts."""
    if task["due_at"] is not None:
        due: datetime = task["due_at"]
        return due.astimezone(ZoneInfo(zone)).date()
    day: date | None = task["due_date"] or task["start_date"]
    return day


def template_of(task: Row, day: date, zone: str) -> dict[str, Any]:
    """A template, as JSON data.

    Arguments:
        task: as it is shown.
        day: that it is for; how far start and end are from it is kept.
        zone: in which the time of day of its end is kept.
    """
    found: dict[str, Any] = {"title": _SUFFIX.sub("", task["title"]), **{name: task[name] for name in _PLAIN}}
    start, due = task["start_date"], task["due_date"]
    found["start_date"] = None if start is None else (start - day).days
    found["due_date"] = None if due is None else (due - day).days
    found["due_time"] = None
    if task["due_at"] is not None:
        local = task["due_at"].astimezone(ZoneInfo(zone))
        found["due_date"] = (local.date() - day).days
        found["due_time"] = local.time().isoformat()
    return found


def learnt(
    template: Mapping[str, Any], task: Row, day: date, zone: str, names: Iterable[str]
) -> dict[str, Any]:
    """A template that takes some fields over from a task, and what goes with them."""
    wanted = set(names)
    if wanted & _DATES or "is_milestone" in wanted:
        wanted |= {*_DATES, "due_time"}
    if wanted & _PEOPLE:
        wanted |= _PEOPLE
    fresh = template_of(task, day, zone)
    return {**template, **{name: fresh[name] for name in wanted & fresh.keys()}}


def task_for(template: Mapping[str, Any], day: date, zone: str) -> dict[str, Any]:
    """Values of the task for a day, as `api.Tasks.create` takes them."""
    found = {name: template[name] for name in _PLAIN}
    found["title"] = f"{template['title'][:_TITLE]} [{day.isoformat()}]"
    for name in ("start_date", "due_date"):
        away = template[name]
        found[name] = None if away is None else day + timedelta(days=away)
    if template["due_time"] is not None:
        due = instant(found["due_date"], zone, time.fromisoformat(template["due_time"]))
        found["due_date"] = due
        if found["start_date"] is not None:
            # A due day is one of UTC: after a change of clocks that may be the day before.
            found["start_date"] = min(found["start_date"], due.date())
    if found["is_milestone"]:
        del found["start_date"]
    return found
