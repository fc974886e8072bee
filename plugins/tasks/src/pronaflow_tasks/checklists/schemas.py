"""What callers send and are shown of checklists (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, Schema, Text, Timestamp, renamed

from ..words import STATUS_ALIASES, STATUSES


class SubtaskIn(Schema):
    """A new item of a checklist."""

    title = Text(255, least=1, required=True)
    description = Text(10_000, allow_none=True)
    status = Choice(STATUSES, STATUS_ALIASES)
    is_completed = fields.Boolean(metadata={"description": "Whether the status is `completed`"})
    assigned_to = Id(of="user", allow_none=True, metadata={"description": "A member of the project"})


class SubtaskPatch(SubtaskIn):
    """Changes of an item; what is missing stays, `null` clears."""

    position = fields.Integer(
        validate=validate.Range(min=0, max=2**31 - 1),
        metadata={"description": "Takes the place of the item that is there now, the first being 0"},
    )

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`order` means `position`."""
        return renamed(data, "order", "position")


class SubtaskOut(Schema):
    """An item of a task's checklist."""

    id = Id()
    subtask_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    task_id = Id()
    title = fields.String()
    description = fields.String(allow_none=True)
    status = fields.String()
    is_completed = fields.Boolean()
    assigned_to = Id(of="user", allow_none=True)
    position = fields.Integer()
    created_by = Id(of="user", allow_none=True)
    completed_at = Timestamp(allow_none=True)
    version = fields.Integer()
    created_at = Timestamp()
    updated_at = Timestamp()
