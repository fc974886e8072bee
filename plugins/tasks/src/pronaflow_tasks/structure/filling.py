"""Lists and tasks of a new project, made of a structure with a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pronaflow_kernel.api import Context, Row, UnitOfWork
from pronaflow_projects.api import WorkDays

from .. import counters
from ..counters import Delta
from ..events import LIST_CREATED, list_payload
from ..lists.lookup import DEFAULT_LIST
from ..models import TaskList
from .describing import dates

_TAKEN_OVER = (
    "title",
    "description",
    "priority",
    "estimated_hours",
    "story_points",
    "is_milestone",
    "tags",
    "checklist",
    "custom_fields",
)
"""What a task has from a structure as it stands there."""


def make_lists(
    ctx: Context, uow: UnitOfWork, project_id: str, phases: Sequence[Mapping[str, Any]]
) -> list[Row]:
    """A list for each phase, in their order; one called as the default list is becomes it."""
    rows = [
        {
            "project_id": project_id,
            "name": phase["name"],
            "description": phase["description"],
            "position": place,
        }
        for place, phase in enumerate(phases)
    ]
    for row in rows:
        ctx.hooks.check_change(uow, "task_list", None, row)
    made = uow.insert_many(TaskList, rows)
    for task_list in made:
        payload = list_payload(task_list)
        uow.publish(LIST_CREATED, task_list["id"], payload, container_id=project_id)
    default = next((row["id"] for row in made if row["name"] == DEFAULT_LIST), None)
    if default is not None:
        counters.add(uow, project_id, Delta())
        counters.set_default_list(uow, project_id, default)
    return made


def rows_of(
    phases: Sequence[Mapping[str, Any]], lists: Sequence[Row], status: str, days: WorkDays, start: date
) -> list[dict[str, Any]]:
    """The tasks of phases as `Tasks.create_many` takes them.

    Arguments:
        lists: one for each phase.
        status: of all tasks.

    Raises:
        ValidationFailed: a date would lie outside the calendar.
    """
    return [
        {
            **{name: task[name] for name in _TAKEN_OVER},
            **dates(task, days, start),
            "task_list_id": task_list["id"],
            "status": status,
        }
        for phase, task_list in zip(phases, lists, strict=True)
        for task in phase["tasks"]
    ]
