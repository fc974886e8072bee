"""What is announced of audit logs."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class ExportPayload(Schema):
    """Who took something out, and as what."""

    user_id = Id()
    format = fields.String()


AUDIT_EXPORTED = EventType(
    "audit.exported", "User", ExportPayload, public=False, summary="Somebody took out audit logs."
)

AUDIT_EVENTS = (AUDIT_EXPORTED,)
