"""Checklists of new tasks, as copies and templates bring them, and what those are made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Reader, Row, UnitOfWork

from . import queries
from .events import SUBTASK_CREATED, subtask_payload
from .models import Subtask

_COPIED = ("title", "description", "assigned_to")


def checklists_of(reader: Reader, task_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The items of some tasks by task id, in their order, as `checklist` of a new task takes them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in reader.all(queries.OF_TASKS, ids=list(task_ids)):
        found.setdefault(item["task_id"], []).append({name: item[name] for name in _COPIED})
    return found


def add_checklists(uow: UnitOfWork, tasks: Iterable[Mapping[str, Any]], members: Collection[str]) -> None:
    """Store the items that new tasks bring as `checklist`, all of them to do, by one statement.

    Arguments:
        members: of the project; nobody else is to do an item.
    """
    rows = [
        {
            **{name: item.get(name) for name in _COPIED},
            "assigned_to": item.get("assigned_to") if item.get("assigned_to") in members else None,
            "task_id": task["id"],
            "project_id": task["project_id"],
            "position": position,
            "created_by": task["created_by"],
        }
        for task in tasks
        for position, item in enumerate(task.get("checklist") or ())
    ]
    for item in uow.insert_many(Subtask, rows):
        _announce(uow, item)


def _announce(uow: UnitOfWork, item: Row) -> None:
    uow.publish(SUBTASK_CREATED, item["id"], subtask_payload(item), container_id=item["project_id"])
