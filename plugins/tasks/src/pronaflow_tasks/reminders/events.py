"""What is announced of the days of tasks."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType

from ..events import TaskPayload


class DuePayload(TaskPayload):
    """A task and the day on which it is, or was, due."""

    due_date = fields.Date()


DUE_SOON = EventType(
    "task.due_soon",
    "Task",
    DuePayload,
    summary="A task with an assignee is due within 24 hours; told once for each day that it is due on.",
)
OVERDUE = EventType(
    "task.overdue",
    "Task",
    DuePayload,
    summary="A task with an assignee is open after it was due; told once for each day that it was due on.",
)

REMINDER_EVENTS = (DUE_SOON, OVERDUE)
