"""What callers send and are shown of task lists (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp, renamed

LAST_ORDER = 1_000_000_000
"""The largest `order` of a task list: lists that follow have room in the column too."""


class _ListFields(Schema):
    """Fields of a task list that callers write."""

    name = Text(100, least=1, required=True)
    description = Text(2_000, allow_none=True)
    order = fields.Integer(
        validate=validate.Range(min=0, max=LAST_ORDER),
        metadata={"description": "Sorts the lists; one that has it goes one further, with all behind it"},
    )

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`position` means `order`."""
        return renamed(data, "position", "order")


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
