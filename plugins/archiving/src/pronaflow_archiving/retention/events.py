"""What is announced of retention."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class RetentionPayload(Schema):
    """What a workspace decided."""

    workspace_id = Id()
    cold_after_days = fields.Integer(allow_none=True)


RETENTION_UPDATED = EventType(
    "retention.updated", "Workspace", RetentionPayload, public=False, summary="A retention rule was changed."
)
