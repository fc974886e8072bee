"""What callers send and are shown (modules.md 4.1)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from pronaflow_kernel.api import (
    Choice,
    Id,
    PageQuery,
    Schema,
    Text,
    Timestamp,
    WorkspaceQuery,
    renamed,
    terms,
)

from .dependencies.schemas import TaskLink
from .people.rules import MOST
from .people.schemas import TaskAssigneeOut, TaskPerson
from .ranks import WISHES
from .recurrence.words import APPLY_TO
from .words import PRIORITIES, PRIORITY_ALIASES, STATUS_ALIASES, STATUSES


class Day(fields.Date):
    """A calendar day; an instant is taken too and means its day in UTC, for which it stays an instant."""

    _instant = Timestamp()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | datetime:
        if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}[T ]", value):
            instant: datetime = self._instant.deserialize(value)
            return instant
        return super()._deserialize(value, attr, data, **kwargs)


class Several(fields.String):
    """Some of a few words, comma-separated, each with its aliases."""

    def __init__(self, one: Choice, **kwargs: Any) -> None:
        self.one = one
        metadata = {"description": f"Comma-separated: {', '.join(one.choices)}"}
        super().__init__(validate=validate.Length(max=200), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return sorted({self.one.deserialize(word) for word in text.split(",")})


class IdOrMe(Id):
    """A user's id, or `me` for the caller."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if value == "me" else super()._deserialize(value, attr, data, **kwargs)


def _status(**kwargs: Any) -> Choice:
    return Choice(STATUSES, STATUS_ALIASES, **kwargs)


def _priority(**kwargs: Any) -> Choice:
    return Choice(PRIORITIES, PRIORITY_ALIASES, **kwargs)


def _override() -> fields.Boolean:
    words = "Whether a status takes it that is full; for managers of the project"
    return fields.Boolean(metadata={"description": words})


def _printable(name: str) -> None:
    if not name.isprintable():
        raise ValidationError("May not contain control characters.")


class Amount(fields.Float):
    """A number from 0 on, rounded to the decimal places that are stored.

    Arguments:
        most: the largest.
        places: after the decimal point.
    """

    def __init__(self, most: int, places: int) -> None:
        self.places = places
        metadata = {"description": f"Rounded to {places} decimal place{'s' if places > 1 else ''}"}
        super().__init__(allow_none=True, validate=validate.Range(min=0, max=most), metadata=metadata)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return round(super()._deserialize(value, attr, data, **kwargs), self.places)


class _TaskFields(Schema):
    """Fields of a task that callers write."""

    title = Text(255, least=1, required=True)
    description = Text(100_000, allow_none=True)
    status = _status()
    priority = _priority()
    assigned_to = Id(
        of="user",
        allow_none=True,
        metadata={"description": "The primary assignee; alone it replaces them and leaves the others"},
    )
    assignee_ids = fields.List(
        Id(of="user"),
        validate=validate.Length(max=MOST),
        metadata={
            "description": "All assignees; the first is primary, unless `assigned_to` or the one who was is "
            "among them"
        },
    )
    start_date = Day(allow_none=True)
    due_date = Day(allow_none=True)
    estimated_hours = Amount(100_000, 2)
    story_points = Amount(10_000, 1)
    tags = fields.List(Text(50, least=1, validate=[_printable]), validate=validate.Length(max=50))
    custom_fields = fields.Dict(
        keys=fields.String(),
        validate=validate.Length(max=50),
        metadata={
            "description": "Values by the name or the id of a custom field of the project; those not named "
            "stay, `null` clears one"
        },
    )
    is_milestone = fields.Boolean()
    task_list_id = Id()


class TaskCreate(_TaskFields):
    """A new task; `project_id` may be left out where `task_list_id` tells it."""

    project_id = Id()
    override_wip = _override()


class TaskPatch(_TaskFields):
    """Changes of a task; what is missing stays, `null` clears."""

    started_at = Timestamp(allow_none=True)
    override_wip = _override()
    apply_to = Choice(
        APPLY_TO, metadata={"description": "Of a task that repeats: for this one, or for future ones too"}
    )


class TaskStatusChange(Schema):
    """A move to another status."""

    status = _status(required=True)
    started_at = Timestamp(allow_none=True)
    override_wip = _override()


class TaskMove(Schema):
    """Where a task goes; what is not named stays."""

    project_id = Id()
    task_list_id = Id()
    position = fields.Integer(
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "Index that it will have in the list, from 0; beyond the end it comes last"},
    )
    before_task_id = Id(of="task", metadata={"description": "A task of the list that comes right after it"})
    after_task_id = Id(of="task", metadata={"description": "A task of the list that comes right before it"})
    status = _status()
    override_wip = _override()

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`target_task_list_id` means `task_list_id`."""
        return renamed(data, "target_task_list_id", "task_list_id")

    @validates_schema
    def one_place(self, data: Any, **_: Any) -> None:
        """The places may contradict one another."""
        named = sorted(WISHES & data.keys())
        if len(named) > 1:
            raise ValidationError(f"Send only one of {', '.join(named)}.", named[1])


class TaskRow(Schema):
    """A task in a list."""

    id = Id()
    task_id = Id(attribute="id", dump_only=True)
    key = fields.String()
    workspace_id = Id()
    project_id = Id()
    task_list_id = Id()
    title = fields.String()
    status = fields.String()
    priority = fields.String()
    assigned_to = Id(allow_none=True)
    assignee = fields.Nested(TaskPerson, allow_none=True)
    assignee_ids = fields.List(Id(of="user"))
    assignees = fields.List(fields.Nested(TaskAssigneeOut))
    created_by = Id(allow_none=True)
    start_date = fields.Date(allow_none=True)
    due_date = fields.Date(allow_none=True)
    due_at = Timestamp(allow_none=True)
    started_at = Timestamp(allow_none=True)
    completed_at = Timestamp(allow_none=True)
    estimated_hours = fields.Float(allow_none=True)
    actual_hours = fields.Float()
    actual_seconds = fields.Integer(metadata={"description": "The same, exactly"})
    story_points = fields.Float(allow_none=True)
    is_milestone = fields.Boolean()
    is_recurring = fields.Boolean()
    recurrence_id = Id(allow_none=True)
    occurrence_date = fields.Date(
        allow_none=True, metadata={"description": "The day for which a rule made the task"}
    )
    progress = fields.Integer()
    subtasks_count = fields.Integer()
    subtasks_completed = fields.Integer()
    rank = fields.Integer(
        metadata={"description": "Sorts the tasks of a list; may change without a change of their order"}
    )
    tags = fields.List(fields.String())
    custom_fields = fields.Dict(metadata={"description": "Values by the id of the custom field"})
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskOut(TaskRow):
    """A task by itself."""

    description = fields.String(allow_none=True)
    comments_count = fields.Integer()
    files_count = fields.Integer()
    watchers_count = fields.Integer()
    is_watching = fields.Boolean(metadata={"description": "Whether the caller watches it"})
    dependencies = fields.List(fields.Nested(TaskLink))


class TaskQuery(PageQuery, WorkspaceQuery):
    """Filters of the list of tasks."""

    project_id = Id(load_default=None)
    task_list_id = Id(load_default=None)
    status = Several(_status(), load_default=None)
    priority = Several(_priority(), load_default=None)
    assigned_to = IdOrMe(of="user", load_default=None, metadata={"description": "A user's id, or `me`"})
    created_by = IdOrMe(of="user", load_default=None, metadata={"description": "A user's id, or `me`"})
    due_date_from = Day(load_default=None)
    due_date_to = Day(load_default=None)
    overdue = fields.Boolean(load_default=None)
    is_milestone = fields.Boolean(load_default=None)
    tag = Text(50, load_default=None)
    custom_fields = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(max=1_000)),
        load_default=None,
        metadata={
            "description": "`custom_fields[<id>]=…`, up to five; needs `project_id`. `a,b` are tasks with "
            "any of them, `5..10`, `..10` and `2026-01-01..` ranges of numbers or dates, `none` those "
            "without a value"
        },
    )
    sort_by = fields.String(load_default=None, validate=validate.Length(max=130))
    sort = fields.String(
        load_default=None,
        validate=validate.Length(max=131),
        metadata={
            "description": "`-created_at` is descending; `custom_fields[<id>]` is a custom field's order, in "
            "which tasks without a value come last"
        },
    )
    search = fields.String(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={"description": "Tasks whose title and description hold all these words; `*` ends a prefix"},
    )


def searchable(query: str) -> bool:
    """Whether a search asks for any word."""
    return bool(terms(query))
