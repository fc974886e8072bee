"""A project's lists and tasks as a structure: without people and without dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pronaflow_kernel.api import Reader, Row
from pronaflow_projects.api import WorkDays

from ..attached import AttachedFields
from ..checklists.copies import checklists_of
from . import queries
from .fields import Described
from .links import links_of

_TAKEN_OVER = ("title", "description", "priority", "estimated_hours", "story_points", "is_milestone")
"""Columns of a task that a structure holds as they are."""


def describe(
    reader: Reader,
    project_id: str,
    days: WorkDays,
    start: date | None,
    attached: AttachedFields,
    *,
    with_tasks: bool,
) -> dict[str, Any]:
    """See `ProjectContent.describe`; six statements whatever there is."""
    phases = {row["id"]: _phase(row) for row in reader.all(queries.LISTS, project_id=project_id)}
    fields = Described(reader, project_id)
    tasks = reader.all(queries.TASKS, project_id=project_id) if with_tasks else []
    if tasks:
        attached.show_all(reader, tasks)
        ids = [task["id"] for task in tasks]
        steps, links = checklists_of(reader, ids), links_of(reader, project_id, ids)
        first = start or min(filter(None, map(_first_day, tasks)), default=None)
        for task in tasks:
            found = _task(task, days, first)
            found["checklist"] = [_step(item) for item in steps.get(task["id"], ())]
            found["depends_on"] = links.get(task["id"], [])
            found["custom_fields"] = fields.values(task["custom_fields"])
            phases[task["task_list_id"]]["tasks"].append(found)
    return {"phases": list(phases.values()), "custom_fields": fields.definitions()}


def _phase(task_list: Row) -> dict[str, Any]:
    return {
        "name": task_list["name"],
        "description": task_list["description"],
        "duration_days": None,
        "tasks": [],
    }


def _first_day(task: Row) -> date | None:
    found: date | None = task["start_date"] or task["due_date"]
    return found


def _task(task: Row, days: WorkDays, start: date | None) -> dict[str, Any]:
    offset, length = distance(task, days, start)
    return {
        **{name: task[name] for name in _TAKEN_OVER},
        "offset_days": offset,
        "duration_days": length,
        "tags": list(task["tags"]),
    }


def _step(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": item["title"], "description": item["description"]}


def distance(task: Mapping[str, Any], days: WorkDays, start: date | None) -> tuple[int | None, int | None]:
    """How far a task is from the start of its project, and how long it takes, in working days.

    A task without a start, and a milestone, takes 0 days: it is a deadline.
    """
    begins, due = task["start_date"], task["due_date"]
    if start is None or (begins is None and due is None):
        return None, None
    if begins is None or task["is_milestone"]:
        return days.offset(start, due), 0
    return days.offset(start, begins), None if due is None else days.length(begins, due)


def dates(task: Mapping[str, Any], days: WorkDays, start: date) -> dict[str, date]:
    """The dates of a task in a project that begins on a day; the other way round from `distance`.

    Raises:
        ValidationFailed: one lies outside the calendar.
    """
    offset, length = task["offset_days"], task["duration_days"]
    if offset is None:
        return {}
    if length == 0 or task["is_milestone"]:
        return {"due_date": days.day(start, offset)}
    begins = {"start_date": days.day(start, offset)}
    return begins if length is None else {**begins, "due_date": days.day(start, offset + length - 1)}
