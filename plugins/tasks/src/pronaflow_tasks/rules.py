"""Rules on a single task, without a database: status effects, milestones, dates (modules.md 4.3, 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pronaflow_kernel.api import Problem, Row

DATES = frozenset({"start_date", "due_date", "due_at"})
"""Fields that say when a task should be worked on."""

PROGRESS = frozenset({"status", "started_at", "completed_at", "progress"})
"""Fields that say how far it is: every member may change them (modules.md 3.4)."""

PLACE = frozenset({"task_list_id", "rank"})
"""Fields that say where in its project it is."""


def with_days(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values whose `start_date` and `due_date` are calendar days; an instant given as due is `due_at` too."""
    found = dict(values)
    if "due_date" in found:
        found["due_at"] = _instant(found["due_date"])
        found["due_date"] = day(found["due_date"])
    if "start_date" in found:
        found["start_date"] = day(found["start_date"])
    return found


def _instant(value: date | None) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def day(value: date | None) -> date | None:
    """The calendar day of a day or an instant, in UTC."""
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value


def progress(status: str, completed: int, subtasks: int) -> int:
    """The bar of a task in percent: full once it is completed, else how much of its checklist is done."""
    if status == "completed":
        return 100
    return 100 * completed // subtasks if subtasks else 0


def with_effects(task: Row | None, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Changes together with what follows from a change of status.

    The first entry to in_progress sets `started_at`, entry to completed sets `completed_at` and fills the
    bar, leaving completed takes both back. Times that are given win over the present.

    Arguments:
        task: as it is; None for a new one.
    """
    found = dict(changes)
    old = task["status"] if task else None
    status = found.get("status", old)
    if status == old:
        return found
    started = found.get("started_at") or (task["started_at"] if task else None)
    if status == "in_progress" and started is None:
        found["started_at"] = now
    if status == "completed":
        found.setdefault("completed_at", now)
    elif old == "completed":
        found["completed_at"] = None
    done, subtasks = (task["subtasks_completed"], task["subtasks_count"]) if task else (0, 0)
    found["progress"] = progress(status or "", done, subtasks)
    return found


def with_milestone(task: Row | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes in which a milestone starts when it is due: what gives one of both days gives the other."""
    found = dict(changes)
    if not found.get("is_milestone", task["is_milestone"] if task else False):
        return found
    if "due_date" in found and "start_date" not in found:
        found["start_date"] = found["due_date"]
    elif "start_date" in found and "due_date" not in found:
        found |= {"due_date": found["start_date"], "due_at": None}
    elif task is not None and "due_date" not in found and "is_milestone" in found:
        day = task["due_date"] or task["start_date"]
        found |= {"start_date": day, "due_date": day}
    return found


def faults(task: Row) -> list[Problem]:
    """What is wrong with a task as it would be."""
    problems = []
    if not 0 < len(task["title"]) <= 255:
        problems.append(Problem("title", "Length must be between 1 and 255."))
    start, due = task["start_date"], task["due_date"]
    if task["is_milestone"]:
        if task["estimated_hours"]:
            problems.append(Problem("estimated_hours", "A milestone has no estimate.", "milestone"))
        if start != due:
            problems.append(Problem("start_date", "A milestone starts when it is due.", "milestone"))
        if task["subtasks_count"]:
            problems.append(Problem("is_milestone", "A milestone has no subtasks.", "milestone"))
    elif start is not None and due is not None and start > due:
        problems.append(Problem("due_date", "Is before start_date.", "before_start"))
    if task["completed_at"] is not None and task["status"] != "completed":
        problems.append(Problem("completed_at", "The task is not completed.", "not_completed"))
    return problems
