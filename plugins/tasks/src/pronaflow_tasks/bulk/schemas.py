"""What callers send and are shown of many changes at once (modules.md 4.1, `POST /tasks/bulk`)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from pronaflow_kernel.api import Choice, Id, Schema

MOST = 1000
"""How many tasks one call is about, at most (architecture.md 5, 13)."""

ACTIONS = ("create", "update", "move", "delete", "restore")

_ITEMS = (
    "One thing to do each: `id` and what is to be changed, as PATCH /tasks/{id} or POST /tasks/{id}/move "
    "takes it; for `create` a task as POST /tasks takes it. With `version` it fails in another one."
)


class BulkIn(Schema):
    """Something to do with many tasks: the same with those of `ids` or `filter`, or its own with each."""

    action = Choice(ACTIONS, required=True, metadata={"examples": ["update"]})
    ids = fields.List(Id(of="task"), validate=validate.Length(min=1, max=MOST))
    filter = fields.Dict(
        keys=fields.String(),
        metadata={"description": "Filters as GET /tasks takes them; 422 where more than 1,000 tasks match"},
    )
    items = fields.List(
        fields.Dict(keys=fields.String()),
        validate=validate.Length(min=1, max=MOST),
        metadata={"description": _ITEMS},
    )
    data = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={
            "description": "What is to be changed in all of them; what an item says itself counts more"
        },
    )
    project_id = Id(metadata={"description": "Of new tasks that name neither a project nor a list"})
    workspace_id = Id(
        metadata={"description": "Else that of `project_id`, else X-Workspace-Id, else the first one"}
    )
    atomic = fields.Boolean(
        load_default=False,
        metadata={
            "description": "All or nothing: one that fails is answered by 409 or 422, with all that fail"
        },
    )
    dry_run = fields.Boolean(
        load_default=False,
        metadata={"description": "Try it out: the answer is the same, and nothing is kept"},
    )
    override_wip = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether statuses take tasks that are full; for managers of the project"},
    )

    @validates_schema
    def one_choice(self, data: Any, **_: Any) -> None:
        """The tasks are named in one way."""
        named = [name for name in ("ids", "filter", "items") if name in data]
        if data["action"] == "create" and named != ["items"]:
            raise ValidationError("New tasks are sent as `items`.", "items")
        if len(named) != 1:
            raise ValidationError("Send one of ids, items and filter.", "ids")


class BulkError(Schema):
    """Why something was not done."""

    code = fields.String()
    message = fields.String()
    details = fields.Dict()


class BulkTask(Schema):
    """A task as it is now, in short."""

    id = Id()
    task_id = Id(attribute="id", dump_only=True)
    key = fields.String()
    project_id = Id()
    task_list_id = Id()
    title = fields.String()
    status = fields.String()
    rank = fields.Integer()
    version = fields.Integer()


class BulkResult(Schema):
    """What became of one of them."""

    index = fields.Integer(metadata={"description": "Its place among `ids` or `items`, from 0"})
    id = Id(allow_none=True)
    status = Choice(("success", "failed"))
    error = fields.Nested(BulkError, allow_none=True)
    task = fields.Nested(BulkTask, allow_none=True)
    warnings = fields.List(fields.String())


class BulkOut(Schema):
    """What became of all of them, in their order."""

    success_count = fields.Integer()
    failed_count = fields.Integer()
    dry_run = fields.Boolean()
    results = fields.List(fields.Nested(BulkResult))
