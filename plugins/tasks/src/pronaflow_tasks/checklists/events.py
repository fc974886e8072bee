"""What is announced of checklists."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class SubtaskPayload(Schema):
    """An item of a checklist as events tell of it."""

    subtask_id = Id()
    task_id = Id()
    project_id = Id()
    title = fields.String()
    status = fields.String()
    assigned_to = Id(of="user", allow_none=True)


def _subtask(name: str, summary: str) -> EventType:
    return EventType(name, "Subtask", SubtaskPayload, summary=summary)


SUBTASK_CREATED = _subtask("subtask.created", "An item was added to a task's checklist.")
SUBTASK_UPDATED = _subtask("subtask.updated", "An item of a checklist was changed.")
SUBTASK_COMPLETED = _subtask("subtask.completed", "An item of a checklist was completed.")
SUBTASK_DELETED = _subtask("subtask.deleted", "An item was taken from a checklist.")

SUBTASK_EVENTS = (SUBTASK_CREATED, SUBTASK_UPDATED, SUBTASK_COMPLETED, SUBTASK_DELETED)


def subtask_payload(item: Row) -> dict[str, Any]:
    """The payload of an item's events."""
    return {
        "subtask_id": item["id"],
        **{name: item[name] for name in ("task_id", "project_id", "title", "status", "assigned_to")},
    }
