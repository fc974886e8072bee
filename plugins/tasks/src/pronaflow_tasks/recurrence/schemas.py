"""What callers send and are shown of recurrence (modules.md 4.6)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from pronaflow_kernel.api import Choice, Id, Schedule, Schema, Text, Timestamp

from .pattern import LONGEST, rrule_problem
from .words import PATTERNS, WEEKDAY_ALIASES, WEEKDAYS


class Weekday(Choice):
    """A day of the week, as a word or a number from 0 (Monday) on."""

    def __init__(self) -> None:
        super().__init__(WEEKDAYS, WEEKDAY_ALIASES)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        number = isinstance(value, int) and not isinstance(value, bool)
        return super()._deserialize(str(value) if number else value, attr, data, **kwargs)


def _zone(name: str) -> None:
    problem = Schedule("0 0 * * *", name).problems().get("zone")
    if problem is not None:
        raise ValidationError(problem)


def _rrule(text: str) -> None:
    problem = rrule_problem(text)
    if problem is not None:
        raise ValidationError(problem)


class TaskRecurrenceIn(Schema):
    """How a task comes again."""

    pattern = Choice(PATTERNS, required=True)
    interval = fields.Integer(
        strict=True,
        load_default=1,
        validate=validate.Range(min=1, max=LONGEST),
        metadata={"description": "Every so many days, weeks, months or years"},
    )
    weekdays = fields.List(
        Weekday(),
        load_default=(),
        validate=validate.Length(max=7),
        metadata={"description": "Of a weekly rule; also 0 (Monday) to 6"},
    )
    day_of_month = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=1, max=31),
        metadata={"description": "Of a monthly or yearly rule; the last day of a month that is shorter"},
    )
    rrule = Text(
        200,
        allow_none=True,
        load_default=None,
        validate=[_rrule],
        metadata={"description": "Of a custom rule: RFC 5545, without COUNT and UNTIL"},
    )
    end_date = fields.Date(allow_none=True, load_default=None)
    count = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=1, max=10_000),
        metadata={"description": "How many tasks there will be, this one counted"},
    )
    timezone = Text(
        64,
        allow_none=True,
        load_default=None,
        validate=[_zone],
        metadata={"description": "IANA name; the workspace's unless given"},
    )

    @validates_schema
    def fits(self, data: Any, **_: Any) -> None:
        """Each pattern has its own fields, and a rule one end."""
        pattern, faults = data["pattern"], {}
        if data["weekdays"] and pattern != "weekly":
            faults["weekdays"] = ["Only a weekly rule has these."]
        if data["day_of_month"] is not None and pattern not in ("monthly", "yearly"):
            faults["day_of_month"] = ["Only a monthly or yearly rule has one."]
        if (data["rrule"] is not None) != (pattern == "custom"):
            faults["rrule"] = ["A custom rule has one, and no other."]
        if pattern == "custom" and data["interval"] != 1:
            faults["interval"] = ["A custom rule says it as INTERVAL."]
        if data["end_date"] is not None and data["count"] is not None:
            faults["count"] = ["A rule ends on a day or after so many tasks, not both."]
        if faults:
            raise ValidationError(faults)


class TaskRecurrenceOut(Schema):
    """How a task comes again, and when."""

    id = Id()
    recurrence_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id(metadata={"description": "The newest task of the series"})
    pattern = fields.String()
    interval = fields.Integer()
    weekdays = fields.List(fields.String())
    day_of_month = fields.Integer(allow_none=True)
    rrule = fields.String(allow_none=True)
    start_date = fields.Date(attribute="starts_on")
    end_date = fields.Date(allow_none=True)
    count = fields.Integer(allow_none=True)
    timezone = fields.String()
    tasks_made = fields.Integer(attribute="made")
    next_date = fields.Date(attribute="next_on", allow_none=True)
    next_occurrences = fields.List(fields.Date(), metadata={"description": "The next five"})
    created_by = Id(allow_none=True)
    created_at = Timestamp()
    updated_at = Timestamp()
