"""What is announced of time and timers; what people wrote about it stays out of the ledger."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class TimeEntryPayload(Schema):
    """A time entry as events tell of it."""

    entry_id = Id()
    task_id = Id()
    project_id = Id()
    user_id = Id()
    date = fields.Date()
    seconds = fields.Integer()
    billable = fields.Boolean()


class TimerPayload(Schema):
    """A timer as events tell of it."""

    timer_id = Id()
    task_id = Id()
    user_id = Id()


ENTRY_CREATED = EventType("time_entry.created", "TimeEntry", TimeEntryPayload, summary="Time was logged.")
ENTRY_UPDATED = EventType("time_entry.updated", "TimeEntry", TimeEntryPayload, summary="Logged time changed.")
ENTRY_DELETED = EventType(
    "time_entry.deleted", "TimeEntry", TimeEntryPayload, summary="Logged time was deleted."
)
TIMER_STARTED = EventType("timer.started", "Timer", TimerPayload, public=False, summary="A timer began.")
TIMER_STOPPED = EventType("timer.stopped", "Timer", TimerPayload, public=False, summary="A timer ended.")

TIME_EVENTS = (ENTRY_CREATED, ENTRY_UPDATED, ENTRY_DELETED, TIMER_STARTED, TIMER_STOPPED)

_ENTRY = tuple(name for name in TimeEntryPayload._declared_fields if name != "entry_id")


def entry_payload(entry: Row) -> dict[str, Any]:
    """The payload of an entry's events."""
    return {"entry_id": entry["id"], **{name: entry[name] for name in _ENTRY}}


def timer_payload(timer: Row) -> dict[str, Any]:
    """The payload of a timer's events."""
    return {"timer_id": timer["id"], "task_id": timer["task_id"], "user_id": timer["user_id"]}
