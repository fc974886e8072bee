"""Events of webhooks."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class WebhookPayload(Schema):
    """What all of them say; never the address, which may be a credential."""

    workspace_id = Id()
    webhook_id = Id()
    name = fields.String()


class DisabledPayload(WebhookPayload):
    """Why the server switched it off."""

    reason = fields.String()


def _event(word: str, summary: str, payload: type[Schema] = WebhookPayload) -> EventType:
    return EventType(f"webhook.{word}", "Webhook", payload, public=False, summary=summary)


WEBHOOK_CREATED = _event("created", "A webhook was created.")
WEBHOOK_UPDATED = _event("updated", "A webhook was changed.")
WEBHOOK_DELETED = _event("deleted", "A webhook was deleted.")
WEBHOOK_SECRET_ROTATED = _event("secret_rotated", "A webhook got a new secret.")
WEBHOOK_DISABLED = _event("disabled", "A webhook was switched off by the server.", DisabledPayload)

WEBHOOK_EVENTS = (
    WEBHOOK_CREATED,
    WEBHOOK_UPDATED,
    WEBHOOK_DELETED,
    WEBHOOK_SECRET_ROTATED,
    WEBHOOK_DISABLED,
)


def webhook_payload(row: Row) -> dict[str, object]:
    """The payload for a webhook."""
    return {"workspace_id": row["workspace_id"], "webhook_id": row["id"], "name": row["name"]}
