"""What the archive takes and shows."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery


class ArchiveIn(Schema):
    """Why something is archived, and who hears of it."""

    reason = Text(500, load_default=None, allow_none=True)
    archive_all_related = fields.Boolean(
        load_default=True,
        metadata={"description": "What is in it is archived with it in any case: it can only be read"},
    )
    notify_team = fields.Boolean(
        load_default=False, metadata={"description": "Tell the members, as of a change of the project"}
    )


class ArchivedOut(Schema):
    """What was moved to the archive."""

    id = Id()
    status = fields.String(metadata={"example": "archived"})
    archived_at = Timestamp()
    archived_by = Id(of="user", allow_none=True, metadata={"description": "None: it went by itself"})
    reason = fields.String(allow_none=True)


class BroughtBackOut(Schema):
    """What came back from the archive."""

    id = Id()
    status = fields.String(metadata={"description": "The status that it had before"})
    lifecycle = fields.String(metadata={"example": "active"})
    restored_at = Timestamp()


class HistoryQuery(Schema):
    """Which part of a history; all of it, up to 200, where nothing is said."""

    workspace_id = Id(load_default=None)
    page = fields.Integer(load_default=None, validate=validate.Range(min=1, max=10_000))
    page_size = fields.Integer(load_default=None, validate=validate.Range(min=1, max=100))


class HistoryOut(Schema):
    """A move to the archive or back."""

    id = Id()
    action = fields.String(metadata={"enum": ["archived", "restored"]})
    reason = fields.String(allow_none=True)
    timestamp = Timestamp(attribute="at")
    performed_by = Id(of="user", allow_none=True, metadata={"description": "None: it went by itself"})


class ArchiveQuery(PageQuery, WorkspaceQuery):
    """Query of the list of what is archived."""


class ArchivedRowOut(Schema):
    """Something in the archive."""

    id = Id()
    resource_type = fields.String()
    resource_id = Id(attribute="id", dump_only=True)
    resource_name = fields.String()
    archived_at = Timestamp()
    archived_by = Id(of="user", allow_none=True)
    reason = fields.String(allow_none=True)
