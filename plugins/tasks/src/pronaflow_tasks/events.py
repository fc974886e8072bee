"""What this plugin announces."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


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


class CommentPayload(Schema):
    """A comment as events tell of it; its text stays out of the ledger, which is never erased."""

    comment_id = Id()
    task_id = Id()
    project_id = Id()
    author_id = Id(allow_none=True)


class ListPayload(Schema):
    """A task list as events tell of it."""

    task_list_id = Id()
    project_id = Id()
    name = fields.String()


TASK_CREATED = EventType("task.created", "Task", TaskPayload, summary="A task was created.")
TASK_UPDATED = EventType("task.updated", "Task", TaskPayload, summary="A task was changed.")
TASK_COMPLETED = EventType("task.completed", "Task", TaskPayload, summary="A task was completed.")
TASK_MOVED = EventType(
    "task.moved", "Task", TaskPayload, summary="A task went to another list, place or project."
)
TASK_DELETED = EventType("task.deleted", "Task", TaskPayload, summary="A task was moved to the trash.")
TASK_RESTORED = EventType("task.restored", "Task", TaskPayload, summary="A task came back from the trash.")
COMMENT_CREATED = EventType("comment.created", "Comment", CommentPayload, summary="A comment was written.")
COMMENT_UPDATED = EventType("comment.updated", "Comment", CommentPayload, summary="A comment was edited.")
COMMENT_DELETED = EventType("comment.deleted", "Comment", CommentPayload, summary="A comment was deleted.")
LIST_CREATED = EventType(
    "task_list.created", "TaskList", ListPayload, public=False, summary="A task list was created."
)
LIST_UPDATED = EventType(
    "task_list.updated", "TaskList", ListPayload, public=False, summary="A task list was changed."
)
LIST_DELETED = EventType(
    "task_list.deleted", "TaskList", ListPayload, public=False, summary="A task list was deleted."
)

EVENT_TYPES = (
    TASK_CREATED,
    TASK_UPDATED,
    TASK_COMPLETED,
    TASK_MOVED,
    TASK_DELETED,
    TASK_RESTORED,
    COMMENT_CREATED,
    COMMENT_UPDATED,
    COMMENT_DELETED,
    LIST_CREATED,
    LIST_UPDATED,
    LIST_DELETED,
)


def task_payload(task: Row) -> dict[str, Any]:
    """The payload of a task's events."""
    return {"task_id": task["id"], **{name: task[name] for name in _TASK_FIELDS}}


_TASK_FIELDS = tuple(name for name in TaskPayload._declared_fields if name != "task_id")


def comment_payload(comment: Row) -> dict[str, Any]:
    """The payload of a comment's events."""
    return {
        "comment_id": comment["id"],
        "task_id": comment["task_id"],
        "project_id": comment["project_id"],
        "author_id": comment["author_id"],
    }


def list_payload(task_list: Row) -> dict[str, Any]:
    """The payload of a list's events."""
    return {
        "task_list_id": task_list["id"],
        "project_id": task_list["project_id"],
        "name": task_list["name"],
    }
