"""What is announced of personal data."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class DataExportPayload(Schema):
    """Whose data."""

    user_id = Id()


class ErasurePayload(DataExportPayload):
    """Who is to be forgotten, in which request."""

    erasure_id = Id()
    status = fields.String()


DATA_EXPORTED = EventType(
    "data.exported",
    "User",
    DataExportPayload,
    public=False,
    summary="Somebody took out what is held of them.",
)
ERASURE_REQUESTED = EventType(
    "erasure.requested",
    "User",
    ErasurePayload,
    public=False,
    summary="An administrator wants an account forgotten.",
)
ERASURE_ENDED = EventType(
    "erasure.ended",
    "User",
    ErasurePayload,
    public=False,
    summary="An account was forgotten, or could not be.",
)

OWN_DATA_EVENTS = (DATA_EXPORTED, ERASURE_REQUESTED, ERASURE_ENDED)
