"""What this plugin announces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema, UnitOfWork


class TaskPayload(Schema):
    """A task as events tell of it (first seed, `GET /events`: task_id, title, priority)."""

    task_id = Id()
    project_id = Id()
    task_list_id = Id()
    key = fields.String()
    title = fields.String()
    status = fields.String()
    priority = fields.String()
    assigned_to = Id(allow_none=True)
    recurrence_id = Id(allow_none=True)


class MovedPayload(TaskPayload):
    """A task where it is now; or, for those who see the project that it left, as it was there."""

    left = fields.Boolean(metadata={"description": "Whether it left the project that this event is told in"})


class ListPayload(Schema):
    """A task list as events tell of it."""

    task_list_id = Id()
    project_id = Id()
    name = fields.String()


TASK_CREATED = EventType("task.created", "Task", TaskPayload, summary="A task was created.")
TASK_UPDATED = EventType("task.updated", "Task", TaskPayload, summary="A task was changed.")
TASK_COMPLETED = EventType("task.completed", "Task", TaskPayload, summary="A task was completed.")
TASK_MOVED = EventType(
    "task.moved",
    "Task",
    MovedPayload,
    summary="A task went to another list, place or project; from one project to another there are two, "
    "first one with `left` in the project that it left, then one in the project where it is.",
)
TASK_DELETED = EventType("task.deleted", "Task", TaskPayload, summary="A task was moved to the trash.")
TASK_RESTORED = EventType("task.restored", "Task", TaskPayload, summary="A task came back from the trash.")
LIST_CREATED = EventType(
    "task_list.created", "TaskList", ListPayload, public=False, summary="A task list was created."
)
LIST_UPDATED = EventType(
    "task_list.updated", "TaskList", ListPayload, public=False, summary="A task list was changed."
)
LIST_DELETED = EventType(
    "task_list.deleted", "TaskList", ListPayload, public=False, summary="A task list was deleted."
)
LIST_RESTORED = EventType(
    "task_list.restored",
    "TaskList",
    ListPayload,
    public=False,
    summary="A task list came back from the trash, with the tasks that went there with it.",
)

EVENT_TYPES = (
    TASK_CREATED,
    TASK_UPDATED,
    TASK_COMPLETED,
    TASK_MOVED,
    TASK_DELETED,
    TASK_RESTORED,
    LIST_CREATED,
    LIST_UPDATED,
    LIST_DELETED,
    LIST_RESTORED,
)


def task_payload(task: Row) -> dict[str, Any]:
    """The payload of a task's events."""
    return {"task_id": task["id"], **{name: task[name] for name in _TASK_FIELDS}}


def publish_moved(
    uow: UnitOfWork, task: Row, changes: Mapping[str, Any] | None, *, left: bool = False
) -> None:
    """Announce in the task's project that it came, or that it left: who sees one may not see the other.

    Arguments:
        task: as it is in that project, or as it was there.
        changes: what the move changed; None where it left.
    """
    payload, where = {**task_payload(task), "left": left}, task["project_id"]
    uow.publish(TASK_MOVED, task["id"], payload, changes=changes, container_id=where)


_TASK_FIELDS = tuple(name for name in TaskPayload._declared_fields if name != "task_id")


def list_payload(task_list: Row) -> dict[str, Any]:
    """The payload of a list's events."""
    return {
        "task_list_id": task_list["id"],
        "project_id": task_list["project_id"],
        "name": task_list["name"],
    }
