"""Events of consents; whoever acts on a consent listens for its end."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema, as_id


class ConsentPayload(Schema):
    """Whose consent to what, without words of theirs, since events stay; `resource_id` is null if no id."""

    consent_id = Id()
    user_id = Id()
    consent_type = fields.String()
    resource_type = fields.String()
    resource_id = Id(allow_none=True)
    version = fields.Integer()


CONSENT_GRANTED = EventType(
    "consent.granted", "Consent", ConsentPayload, public=False, summary="Somebody agreed to something."
)
CONSENT_REVOKED = EventType(
    "consent.revoked",
    "Consent",
    ConsentPayload,
    public=False,
    summary="Somebody took a consent back: what it allowed has to stop.",
)

CONSENT_EVENTS = (CONSENT_GRANTED, CONSENT_REVOKED)


def consent_payload(row: Row) -> dict[str, object]:
    """The payload for a consent."""
    names = ("user_id", "consent_type", "resource_type")
    told = {"consent_id": row["id"], "version": row["number"], "resource_id": as_id(row["resource_id"])}
    return told | {name: row[name] for name in names}
