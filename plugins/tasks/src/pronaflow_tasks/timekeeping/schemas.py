"""What callers send and are shown of time (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery

from ..people.schemas import TaskPerson
from ..schemas import IdOrMe
from .spans import DAY


class Hours(fields.Float):
    """Hours of a day: more than 0, at most 24; a second is the least."""

    def __init__(self) -> None:
        super().__init__(
            validate=validate.Range(min=0, max=24, min_inclusive=False),
            metadata={"description": "Or `seconds`", "examples": [0.25]},
        )


class _TimeValues(Schema):
    """What callers write of a time entry."""

    hours = Hours()
    seconds = fields.Integer(
        strict=True, validate=validate.Range(min=1, max=DAY), metadata={"description": "In place of `hours`"}
    )
    date = fields.Date(
        required=True, metadata={"description": "Not in the future", "examples": ["2026-03-01"]}
    )
    description = Text(1_000, allow_none=True)
    billable = fields.Boolean(metadata={"description": "As the project has set, unless given"})

    @validates_schema
    def one_amount(self, data: Any, **_: Any) -> None:
        """Hours or seconds: exactly one for a new entry, at most one for a change."""
        if "hours" in data and "seconds" in data:
            raise ValidationError("Give hours or seconds, not both.", "seconds")
        if not self.partial and not data.keys() & {"hours", "seconds"}:
            raise ValidationError("Missing data for required field.", "hours")


class TimeEntryCreate(_TimeValues):
    """Time spent on a task."""


class TimeEntryPatch(_TimeValues):
    """Changes of a time entry."""


class TaskTimeQuery(PageQuery):
    """Query of the time spent on a task."""


class TimeQuery(PageQuery, WorkspaceQuery):
    """Query of time entries."""

    user_id = IdOrMe(
        of="user",
        load_default=None,
        metadata={"description": "Whose; yours unless a project or a task is named. A user's id, or `me`"},
    )
    project_id = Id(load_default=None)
    task_id = Id(load_default=None)
    from_ = fields.Date(data_key="from", load_default=None)
    to = fields.Date(load_default=None)
    billable = fields.Boolean(load_default=None)


class TimeEntryOut(Schema):
    """Time that somebody spent on a task on one day."""

    id = Id()
    entry_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    task_key = fields.String()
    task_title = fields.String()
    hours = fields.Float()
    seconds = fields.Integer()
    date = fields.Date()
    description = fields.String(allow_none=True)
    billable = fields.Boolean()
    logged_by = Id(of="user")
    user = fields.Nested(TaskPerson)
    started_at = Timestamp(allow_none=True)
    ended_at = Timestamp(allow_none=True)
    was_cut = fields.Boolean(
        metadata={"description": "Whether its timer ran for longer: it was forgotten, or the day was full"}
    )
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TimerStart(Schema):
    """What a timer is to measure."""

    task_id = Id(required=True)
    description = Text(1_000, allow_none=True)
    billable = fields.Boolean()


class TimerOut(Schema):
    """The timer that runs for somebody."""

    timer_id = Id()
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    task_key = fields.String()
    task_title = fields.String()
    started_at = Timestamp()
    seconds = fields.Integer(metadata={"description": "So far"})
    description = fields.String(allow_none=True)
    billable = fields.Boolean()


class TimerStarted(TimerOut):
    """A timer that was started, and the entries of the one that was stopped for it."""

    entries = fields.List(fields.Nested(TimeEntryOut))


class TimerStopped(Schema):
    """What a timer measured: an entry for each day."""

    task_id = Id()
    seconds = fields.Integer()
    entries = fields.List(fields.Nested(TimeEntryOut))
