"""What callers send and are shown (modules.md 4.1)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery, terms

from .words import PRIORITIES, PRIORITY_ALIASES, STATUS_ALIASES, STATUSES

LAST_ORDER = 1_000_000_000
"""The largest `order` of a task list: lists that follow have room in the column too."""


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
    assigned_to = Id(of="user", allow_none=True)
    start_date = Day(allow_none=True)
    due_date = Day(allow_none=True)
    estimated_hours = Amount(100_000, 2)
    story_points = Amount(10_000, 1)
    tags = fields.List(Text(50, least=1, validate=[_printable]), validate=validate.Length(max=50))
    is_milestone = fields.Boolean()
    task_list_id = Id()


class TaskCreate(_TaskFields):
    """A new task; `project_id` may be left out where `task_list_id` tells it."""

    project_id = Id()


class TaskPatch(_TaskFields):
    """Changes of a task; what is missing stays, `null` clears."""

    started_at = Timestamp(allow_none=True)


class TaskStatusChange(Schema):
    """A move to another status."""

    status = _status(required=True)
    started_at = Timestamp(allow_none=True)


class TaskMove(Schema):
    """Where a task goes; what is not named stays."""

    project_id = Id()
    task_list_id = Id()
    position = fields.Integer(
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "Takes the place of the task that has this `position` now"},
    )

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`target_task_list_id` means `task_list_id`."""
        return _renamed(data, "target_task_list_id", "task_list_id")


def _renamed(data: Any, alias: str, name: str) -> Any:
    if isinstance(data, dict) and alias in data and name not in data:
        return {name if key == alias else key: value for key, value in data.items()}
    return data


class Assignee(Schema):
    """A user as shown beside what they do."""

    user_id = Id()
    username = fields.String()
    full_name = fields.String(allow_none=True)


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
    assignee = fields.Nested(Assignee, allow_none=True)
    created_by = Id(allow_none=True)
    start_date = fields.Date(allow_none=True)
    due_date = fields.Date(allow_none=True)
    due_at = Timestamp(allow_none=True)
    started_at = Timestamp(allow_none=True)
    completed_at = Timestamp(allow_none=True)
    estimated_hours = fields.Float(allow_none=True)
    actual_hours = fields.Float()
    story_points = fields.Float(allow_none=True)
    is_milestone = fields.Boolean()
    progress = fields.Integer()
    position = fields.Integer()
    tags = fields.List(fields.String())
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskOut(TaskRow):
    """A task by itself."""

    description = fields.String(allow_none=True)
    comments_count = fields.Integer()
    subtasks_count = fields.Integer()
    dependencies = fields.List(fields.Dict())


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
    search = fields.String(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={"description": "Tasks whose title and description hold all these words; `*` ends a prefix"},
    )


def searchable(query: str) -> bool:
    """Whether a search asks for any word."""
    return bool(terms(query))


class _ListFields(Schema):
    """Fields of a task list that callers write."""

    name = Text(100, least=1, required=True)
    description = Text(2_000, allow_none=True)
    order = fields.Integer(validate=validate.Range(min=0, max=LAST_ORDER))

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`position` means `order`."""
        return _renamed(data, "position", "order")


class TaskListCreate(_ListFields):
    """A new task list."""

    project_id = Id(required=True)


class TaskListPatch(_ListFields):
    """Changes of a task list."""

    is_archived = fields.Boolean()


class TaskListQuery(PageQuery):
    """Query of the lists of a project."""

    project_id = Id(required=True)
    include_archived = fields.Boolean(load_default=False)


class TaskListDelete(Schema):
    """What becomes of the tasks of a list that is deleted."""

    force = fields.Boolean(load_default=False, metadata={"description": "Trash them too"})
    move_to = Id(
        of="task_list",
        load_default=None,
        metadata={"description": "Another list of the project that takes them"},
    )


class TaskListOut(Schema):
    """A task list."""

    id = Id()
    task_list_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    name = fields.String()
    description = fields.String(allow_none=True)
    order = fields.Integer(attribute="position", dump_only=True)
    position = fields.Integer()
    is_archived = fields.Boolean()
    tasks_count = fields.Integer()
    completed_count = fields.Integer()
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()


class TaskCommentIn(Schema):
    """What somebody says."""

    content = Text(10_000, least=1, required=True)


class TaskCommentOut(Schema):
    """A comment; a deleted one has no content."""

    id = Id()
    comment_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    content = fields.String(allow_none=True)
    author = fields.String(allow_none=True)
    author_id = Id(allow_none=True)
    edited_at = Timestamp(allow_none=True)
    edit_count = fields.Integer()
    is_deleted = fields.Boolean()
    deleted_at = Timestamp(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()
