"""What people are told of tasks, by the plugin that has the hook `provide_notification_types`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Event, IdType, Reader

from .models import Task
from .people.field import assignees_of
from .people.service import watchers_of

_TITLE = select(Task.title).where(
    Task.workspace_id == SCOPE_WORKSPACE, Task.id == bindparam("id", type_=IdType())
)

_SILENT = frozenset(
    {"actual_seconds", "completed_at", "progress", "started_at", "subtasks_completed", "subtasks_count"}
)
"""Fields that follow from something else, of which nobody is told."""

_REASONS = {
    "assignee": "You work on the task.",
    "watcher": "You watch the task.",
    "mentioned": "You were mentioned.",
}
_COMMON = {"about": "task_id", "action_url": "/tasks/{task_id}", "reasons": _REASONS, "priority": "medium"}


def notification_types() -> list[Mapping[str, Any]]:
    """The answer to `provide_notification_types`."""
    return [*_about_work(), *_about_days(), *_about_words()]


def _about_work() -> list[Mapping[str, Any]]:
    return [
        {
            **_COMMON,
            "type": "task_assigned",
            "event": "task.assigned",
            "title": "Task assigned to you",
            "message": "{actor} assigned task '{title}' to you",
            "summary": "A task was assigned to you",
            "preference": "email_on_task_assigned",
            "recipients": lambda reader, event: {event.payload["user_id"]: "assignee"},
        },
        {
            **_COMMON,
            "type": "task_completed",
            "event": "task.completed",
            "title": "Task completed",
            "message": "{actor} completed task '{title}'",
            "summary": "A task that you watch was completed",
            "preference": "email_on_project_update",
            "recipients": _watching,
        },
        {
            **_COMMON,
            "type": "task_updated",
            "event": "task.updated",
            "title": "Task updated",
            "message": "{actor} changed task '{title}'",
            "summary": "A task that you watch changed",
            "preference": "email_on_project_update",
            "recipients": _of_update,
        },
    ]


def _about_days() -> list[Mapping[str, Any]]:
    common = {**_COMMON, "preference": "email_on_task_assigned", "recipients": _working}
    return [
        {
            **common,
            "type": "task_due_soon",
            "event": "task.due_soon",
            "title": "Task due soon",
            "message": "Task '{title}' is due on {due_date}",
            "summary": "A task of yours is due within a day",
            "priority": "high",
        },
        {
            **common,
            "type": "task_overdue",
            "event": "task.overdue",
            "title": "Task overdue",
            "message": "Task '{title}' was due on {due_date}",
            "summary": "A task of yours is overdue",
        },
    ]


def _about_words() -> list[Mapping[str, Any]]:
    common = {**_COMMON, "preference": "email_on_comment", "values": _title}
    mentioned = {
        **common,
        "type": "user_mentioned",
        "title": "You were mentioned",
        "message": "{actor} mentioned you in a comment on task '{title}'",
        "summary": "Somebody mentions you",
        "recipients": _mentioned,
    }
    return [
        {**mentioned, "event": "comment.created"},
        {**mentioned, "event": "comment.updated"},
        {
            **common,
            "type": "task_commented",
            "event": "comment.created",
            "title": "New comment",
            "message": "{actor} commented on task '{title}'",
            "summary": "Somebody comments on a task that you watch",
            "recipients": _watching,
        },
        {
            **common,
            "type": "file_uploaded",
            "event": "file.uploaded",
            "title": "New file",
            "message": "{actor} added a file to task '{title}'",
            "summary": "A file came to a task that you watch",
            "priority": "low",
            "recipients": _watching,
        },
    ]


def _watching(reader: Reader, event: Event) -> dict[str, str]:
    task_id = event.payload["task_id"]
    assigned = set(assignees_of(reader, task_id))
    watching = watchers_of(reader, [task_id])[task_id]
    return {user_id: "assignee" if user_id in assigned else "watcher" for user_id in watching}


def _of_update(reader: Reader, event: Event) -> dict[str, str]:
    """Who watches, but for those whom another event of the same change tells."""
    changes = {name: each for name, each in (event.changes or {}).items() if name not in _SILENT}
    if changes.get("status", {}).get("new") == "completed":
        del changes["status"]
    people = changes.get("assignee_ids", {"old": (), "new": ()})
    new = set(people["new"]) - set(people["old"])
    if not changes or (new and changes.keys() <= {"assignee_ids", "assigned_to"}):
        return {}
    return {user: why for user, why in _watching(reader, event).items() if user not in new}


def _working(reader: Reader, event: Event) -> dict[str, str]:
    return dict.fromkeys(assignees_of(reader, event.payload["task_id"]), "assignee")


def _mentioned(reader: Reader, event: Event) -> dict[str, str]:
    """Whom a comment mentions; after an edit, whom it did not mention before."""
    now = set(event.payload["mentions"])
    if event.type == "comment.updated":
        before = (event.changes or {}).get("mentions")
        now = now - set(before["old"] or ()) if before else set()
    return dict.fromkeys(sorted(now), "mentioned")


def _title(reader: Reader, event: Event) -> dict[str, str]:
    return {"title": reader.value(_TITLE, id=event.payload["task_id"]) or ""}
