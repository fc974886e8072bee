"""What is announced of the people around a task."""

from __future__ import annotations

from collections.abc import Iterable

from pronaflow_kernel.api import EventType, Id, Row, Schema, UnitOfWork

from ..events import TaskPayload, task_payload


class AssignedPayload(TaskPayload):
    """A task and who works on it from now on."""

    user_id = Id()


class WatcherPayload(Schema):
    """Who watches which task."""

    task_id = Id()
    project_id = Id()
    user_id = Id()


TASK_ASSIGNED = EventType(
    "task.assigned",
    "Task",
    AssignedPayload,
    summary="Somebody was assigned to a task; there is one for each of them. Who is assigned no more stands "
    "in the changes of `task.updated`.",
)
WATCHER_ADDED = EventType(
    "task.watcher.added", "Task", WatcherPayload, public=False, summary="Somebody watches a task."
)
WATCHER_REMOVED = EventType(
    "task.watcher.removed", "Task", WatcherPayload, public=False, summary="Somebody watches a task no more."
)

PEOPLE_EVENTS = (TASK_ASSIGNED, WATCHER_ADDED, WATCHER_REMOVED)


def publish_assigned(uow: UnitOfWork, task: Row, user_ids: Iterable[str]) -> None:
    """Announce that people are assigned to a task who were not before."""
    payload, where = task_payload(task), task["project_id"]
    for user_id in user_ids:
        uow.publish(TASK_ASSIGNED, task["id"], {**payload, "user_id": user_id}, container_id=where)
