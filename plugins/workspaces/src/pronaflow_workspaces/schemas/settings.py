"""The settings of a workspace as they are sent and shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, Schema, Text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = {
    day + rest: day
    for day, rest in zip(DAYS, ("day", "sday", "nesday", "rsday", "day", "urday", "day"), strict=True)
}

_OPEN_STATUSES = ("backlog", "todo", "in_progress", "in_review", "blocked")
"""Statuses that a task can begin with, with their aliases (modules.md 4.3)."""
_STATUS_ALIASES = {
    "to_do": "todo",
    "not_started": "todo",
    "new": "todo",
    "open": "todo",
    "doing": "in_progress",
    "active": "in_progress",
    "review": "in_review",
    "waiting": "blocked",
}


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    """The names of the IANA database, read once; `localtime` means another zone on every machine."""
    return frozenset(available_timezones() - {"localtime"})


def check_timezone(name: str) -> None:
    """Raise ValueError unless `name` is that of a time zone."""
    if name not in _timezones():
        raise ValueError("must be a time zone of the IANA database such as Europe/Berlin")


def _a_timezone(value: str) -> None:
    try:
        check_timezone(value)
    except ValueError as error:
        raise ValidationError(f"The zone {error}.") from None


def _a_day(value: str) -> None:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise ValidationError("Must be a date such as 2026-12-24.") from None


def _each_once(values: Sequence[Any]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("Names the same day twice.")


def _each_day_once(values: Sequence[Any]) -> None:
    _each_once([holiday["date"] for holiday in values])


def _time(**kwargs: Any) -> fields.String:
    clock = validate.Regexp(
        r"([01]\d|2[0-3]):[0-5]\d(?![\s\S])", re.ASCII, error="Must be a time such as 09:00."
    )
    return fields.String(validate=clock, **kwargs)


class Span(Schema):
    """From when to when."""

    start = _time(required=True)
    end = _time(required=True)


class WorkHours(Schema):
    """When people work; parts that are left out stay as they are."""

    start = _time()
    end = _time()
    lunch = fields.Nested(Span, allow_none=True)


class Holiday(Schema):
    """A day on which nobody works; a bare date is enough."""

    date = fields.String(required=True, validate=_a_day, metadata={"examples": ["2026-12-24"]})
    name = Text(100, allow_none=True, load_default=None)

    @pre_load
    def _bare(self, data: Any, **_: Any) -> Any:
        return {"date": data} if isinstance(data, str) else data


class SettingsIn(Schema):
    """Settings to change; `null` brings a default back."""

    allow_public_access = fields.Boolean(allow_none=True)
    allow_member_invitations = fields.Boolean(allow_none=True)
    default_task_status = Choice(_OPEN_STATUSES, _STATUS_ALIASES, allow_none=True)
    timezone = fields.String(validate=_a_timezone, allow_none=True, metadata={"examples": ["Europe/Berlin"]})
    work_days = fields.List(
        Choice(DAYS, _DAY_NAMES), validate=[validate.Length(min=1), _each_once], allow_none=True
    )
    work_hours = fields.Nested(WorkHours, allow_none=True)
    holidays = fields.List(
        fields.Nested(Holiday), validate=[validate.Length(max=500), _each_day_once], allow_none=True
    )
    members_can_create_projects = fields.Boolean(allow_none=True)
    on_member_removed = Choice(("unassign", "keep"), allow_none=True)
    plugins = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), allow_none=True),
        allow_none=True,
        metadata={"description": "Sections of plugins, by the plugin's id; what is left out stays"},
    )


class SettingsOut(Schema):
    """The settings of a workspace."""

    allow_public_access = fields.Boolean()
    allow_member_invitations = fields.Boolean()
    default_task_status = fields.String()
    timezone = fields.String()
    work_days = fields.List(fields.String())
    work_hours = fields.Nested(WorkHours)
    holidays = fields.List(fields.Nested(Holiday))
    members_can_create_projects = fields.Boolean()
    on_member_removed = fields.String()
    plugins = fields.Dict(
        keys=fields.String(), metadata={"description": "Sections of plugins, by the plugin's id"}
    )


class WorkspaceSettingsOut(Schema):
    """The settings of a workspace and whose they are."""

    id = Id()
    workspace_id = Id(attribute="id", dump_only=True)
    settings = fields.Nested(SettingsOut)
