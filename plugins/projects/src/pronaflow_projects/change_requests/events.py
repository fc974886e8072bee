"""What is announced of change requests."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class ChangeRequestPayload(Schema):
    """A change request as events tell of it; its reasons stay out of the ledger, which is never erased."""

    change_request_id = Id()
    project_id = Id()
    title = fields.String()
    scope = fields.String()
    status = fields.String()


def _type(act: str, summary: str) -> EventType:
    return EventType(f"change_request.{act}", "ChangeRequest", ChangeRequestPayload, summary=summary)


CREATED = _type("created", "Somebody asked to change a project.")
UPDATED = _type("updated", "A change request was worded anew.")

MOVED = {
    "pending": _type("submitted", "A draft became a change request."),
    "approved": _type("approved", "A change request was approved."),
    "rejected": _type("rejected", "A change request was rejected."),
    "implemented": _type("implemented", "What a change request asks for is so now."),
    "cancelled": _type("cancelled", "A change request was withdrawn."),
}
"""What is announced by the status that a request moves to."""

CHANGE_REQUEST_EVENTS = (CREATED, UPDATED, *MOVED.values())


def payload_of(request: Row) -> dict[str, Any]:
    """The payload of a change request's events."""
    told = {name: request[name] for name in ("project_id", "title", "scope", "status")}
    return {"change_request_id": request["id"], **told}
