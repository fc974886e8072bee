"""What the routes of jobs read and show."""

from __future__ import annotations

from marshmallow import fields, validate

from ...web.fields import Choice, Id, PageQuery, Schema, Timestamp, WorkspaceQuery
from .models import STATUSES

_OWN = "; null for everybody but who started it"


class JobOut(Schema):
    """A job that somebody waits for."""

    id = Id()
    job_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    user_id = Id(allow_none=True, metadata={"description": "Who started it; null for the server itself"})
    kind = fields.String(metadata={"description": "Plugin and job", "example": "importer.import_file"})
    title = fields.String(allow_none=True, metadata={"description": f"What is done, for people{_OWN}"})
    status = fields.String(metadata={"enum": list(STATUSES), "description": "The last three are for good"})
    done = fields.Integer(metadata={"description": "How far it is, in units of its own"})
    total = fields.Integer(allow_none=True, metadata={"description": "Of how many; null while unknown"})
    message = fields.String(
        allow_none=True,
        metadata={"description": f"What it is at, or why it waits for another attempt{_OWN}"},
    )
    result = fields.Raw(
        allow_none=True, metadata={"description": f"What it answered when it succeeded: any JSON{_OWN}"}
    )
    error = fields.String(allow_none=True, metadata={"description": f"Why it failed, in a sentence{_OWN}"})
    attempt = fields.Integer(metadata={"description": "How often it was begun"})
    cancel_asked = fields.Boolean(metadata={"description": "Whether it runs and is to stop"})
    created_at = Timestamp()
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp(allow_none=True)
    expires_at = Timestamp(
        allow_none=True, metadata={"description": "When it can no longer be read: a week after its end"}
    )


class JobQuery(PageQuery, WorkspaceQuery):
    """Which jobs."""

    status = Choice(STATUSES, load_default=None)
    kind = fields.String(
        load_default=None,
        validate=validate.Length(max=120),
        metadata={"description": "Plugin and job", "example": "importer.import_file"},
    )
