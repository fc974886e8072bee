"""What is announced of recurrence; a task that was made by a rule is announced like any other."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class RecurrencePayload(Schema):
    """A rule as events tell of it."""

    recurrence_id = Id()
    project_id = Id()
    task_id = Id(metadata={"description": "The newest task of the series"})
    pattern = fields.String()
    next_date = fields.Date(allow_none=True)


RECURRENCE_SET = EventType(
    "recurrence.set", "Recurrence", RecurrencePayload, summary="A task repeats now, or by another rule."
)
RECURRENCE_STOPPED = EventType(
    "recurrence.stopped", "Recurrence", RecurrencePayload, summary="A task repeats no longer."
)

RECURRENCE_EVENTS = (RECURRENCE_SET, RECURRENCE_STOPPED)


def recurrence_payload(rule: Row) -> dict[str, Any]:
    """The payload of a rule's events."""
    own = {name: rule[name] for name in ("project_id", "task_id", "pattern")}
    return {"recurrence_id": rule["id"], **own, "next_date": rule["next_on"]}
