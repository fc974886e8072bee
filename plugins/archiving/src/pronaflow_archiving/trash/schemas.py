"""What the trash takes and shows."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery, as_id

ALIASES = {"list": "task_list", "tasklist": "task_list"}
"""What others call resource types."""


def _an_id(value: str) -> None:
    if as_id(value) is None:
        raise ValidationError("Not a valid UUID.")


class TrashIn(Schema):
    """What is to be moved to the trash."""

    resource_type = Text(
        60, least=1, required=True, metadata={"description": "A resource type", "examples": ["task"]}
    )
    resource_id = Id(required=True)
    workspace_id = Id(load_default=None)


class TrashQuery(PageQuery, WorkspaceQuery):
    """Filters of the trash."""

    resource_type = Text(60, load_default=None, metadata={"examples": ["task"]})
    deleted_by = Id(of="user", load_default=None)
    container = fields.String(
        load_default=None,
        validate=_an_id,
        metadata={"description": "What was in this project; its managers see what others deleted there, too"},
    )
    search = Text(100, load_default=None, metadata={"description": "A part of the name"})


class TrashedOut(Schema):
    """What went to the trash."""

    id = Id()
    trash_item_id = Id(attribute="id", dump_only=True)
    resource_type = fields.String()
    resource_id = Id()
    deleted_at = Timestamp()
    expires_at = Timestamp(metadata={"description": "Until then it can be brought back"})


class TrashItemOut(TrashedOut):
    """Something in the trash."""

    workspace_id = Id()
    container_id = Id(allow_none=True, metadata={"description": "The project that it is in"})
    resource_name = fields.String(attribute="title")
    deleted_by = Id(of="user", allow_none=True)


class RestoredOut(Schema):
    """What came back from the trash."""

    id = Id(attribute="resource_id")
    resource_type = fields.String()
    status = fields.String(metadata={"description": "Its lifecycle: active, or archived as before"})
    restored_at = Timestamp()


class BulkRestoreIn(Schema):
    """Several items of the trash."""

    workspace_id = Id(load_default=None)
    trash_item_ids = fields.List(Id(of="trash_item"), required=True, validate=validate.Length(min=1, max=100))
    on_error = Choice(
        ("skip", "stop"),
        load_default="skip",
        metadata={"description": "Whether one that cannot come back leaves the others out, too"},
    )


class RefusedOut(Schema):
    """An item that did not come back."""

    trash_item_id = Id()
    code = fields.String()
    message = fields.String()
    details = fields.Dict(allow_none=True)


class BulkRestoreOut(Schema):
    """What came back, and what did not."""

    restored = fields.List(fields.Nested(RestoredOut))
    failed = fields.List(fields.Nested(RefusedOut))
