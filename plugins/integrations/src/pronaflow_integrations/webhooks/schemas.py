"""What requests about webhooks may say, and what is answered."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import (
    Choice,
    Id,
    Moment,
    PageQuery,
    Schema,
    Text,
    Timestamp,
    WorkspaceQuery,
    renamed,
)

from .bodies import FORMATS
from .policy import MOST_RETRIES, POLICIES

STATUSES = ("pending", "retrying", "delivered", "failed")

_EVENTS = {
    "description": "Event types or patterns such as `task.*` and `*`, each with whether it is sent; also a "
    "list of names, as `events` or here",
    "examples": [{"task.created": True, "task.completed": True}],
}


class _WebhookFields(Schema):
    name = Text(100, least=1, metadata={"description": "By default the host of the address"})
    url = Text(2_000, least=1, metadata={"examples": ["https://example.com/hooks/pronaflow"]})
    subscribed_events = fields.Raw(metadata=_EVENTS)
    project_id = Id(
        attribute="container_id", allow_none=True, metadata={"description": "Only events of this project"}
    )
    format = Choice(
        FORMATS, metadata={"description": "By default `slack` for Slack's own addresses, else `standard`"}
    )
    retry_policy = Choice(POLICIES)
    max_retries = fields.Integer(validate=validate.Range(min=0, max=MOST_RETRIES))
    timeout_seconds = fields.Integer(validate=validate.Range(min=1, max=30))
    max_concurrency = fields.Integer(
        validate=validate.Range(min=1, max=20),
        metadata={"description": "Requests that may wait for this receiver at once"},
    )
    ordered = fields.Boolean(
        metadata={
            "description": "One at a time, and what happened to one thing in its order: a message that fails "
            "holds up those about the same thing until it is given up"
        }
    )
    is_active = fields.Boolean()
    paused = fields.Boolean(
        metadata={
            "description": "Messages are kept and sent when it goes on; while it is not active none are made"
        }
    )

    @pre_load
    def _as_called_elsewhere(self, data: Any, **_: Any) -> Any:
        return renamed(data, "events", "subscribed_events")


class WebhookCreate(_WebhookFields):
    """A new webhook."""

    url = Text(2_000, least=1, required=True)
    secret = Text(
        200,
        least=8,
        metadata={
            "description": "Signs the messages; after `whsec_` it is base64. Left out, one is made and shown "
            "in this answer only"
        },
    )
    workspace_id = Id()


class WebhookPatch(_WebhookFields):
    """Changes of a webhook; `subscribed_events` adds and removes the names that it holds."""


class WebhookQuery(WorkspaceQuery, PageQuery):
    """Which webhooks."""

    is_active = fields.Boolean(load_default=None)


class WebhookOut(Schema):
    """A webhook; its secret is never shown again."""

    id = Id()
    workspace_id = Id()
    name = fields.String()
    url = fields.String()
    format = fields.String()
    is_active = fields.Boolean()
    paused = fields.Boolean()
    subscribed_events = fields.Dict()
    project_id = Id(attribute="container_id", allow_none=True)
    retry_policy = fields.String()
    max_retries = fields.Integer()
    timeout_seconds = fields.Integer()
    max_concurrency = fields.Integer()
    ordered = fields.Boolean()
    secret_strength = fields.String(metadata={"description": "`weak` below 24 characters"})
    consecutive_failures = fields.Integer()
    open_until = Timestamp(
        allow_none=True, metadata={"description": "Nothing is sent until then, after failures in a row"}
    )
    disabled_reason = fields.String(
        allow_none=True,
        metadata={"description": "Why the server switched it off: gone, failing, creator_left"},
    )
    disabled_at = Timestamp(allow_none=True)
    last_triggered_at = Timestamp(allow_none=True)
    last_success_at = Timestamp(allow_none=True)
    created_by = Id(of="user")
    created_at = Timestamp()
    updated_at = Timestamp()
    version = fields.Integer()


class NewWebhookOut(WebhookOut):
    """A webhook that has just got its secret."""

    secret = fields.String(
        allow_none=True, metadata={"description": "Shown this once; null where the request brought its own"}
    )


class DeliveryQuery(Schema):
    """Which deliveries."""

    status = Choice(STATUSES, load_default=None)
    event_type = Text(120, load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
    offset = fields.Integer(load_default=0, validate=validate.Range(min=0, max=10_000))


class DeliveryOut(Schema):
    """A message to a webhook; `failed` is final, while another attempt is planned it is `retrying`."""

    id = Id()
    webhook_id = Id()
    event_id = Id(of="event")
    event_type = fields.String()
    sequence = fields.Integer(metadata={"description": "Counts what this webhook is sent"})
    status = fields.String()
    attempt_number = fields.Integer()
    status_code = fields.Integer(allow_none=True)
    last_error = fields.String(allow_none=True)
    next_retry_at = Timestamp(allow_none=True, attribute="due_at")
    delivered_at = Timestamp(allow_none=True)
    response_time_ms = fields.Integer(allow_none=True)
    manual = fields.Boolean(metadata={"description": "Sent because somebody asked for it"})
    created_at = Timestamp()


class AttemptOut(Schema):
    """One time that a message was sent."""

    number = fields.Integer()
    started_at = Timestamp()
    duration_ms = fields.Integer()
    status_code = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    response_head = fields.String(metadata={"description": "The first 4 KiB of the answer"})


class DeliveryDetail(DeliveryOut):
    """A message with its text and attempts."""

    body = fields.String(allow_none=True, metadata={"description": "As sent; null once it was cleared away"})
    attempts = fields.List(fields.Nested(AttemptOut))


class RotateIn(Schema):
    """How a secret is replaced."""

    secret = Text(200, least=8)
    keep_old_hours = fields.Integer(
        load_default=24,
        validate=validate.Range(min=0, max=168),
        metadata={"description": "So long messages are signed with the old secret, too"},
    )


class RecoverIn(Schema):
    """What is sent again, or for the first time."""

    since = Moment(required=True)
    until = Moment(load_default=None, allow_none=True)
    status = Choice(
        ("failed", "missed", "all"),
        load_default="failed",
        metadata={
            "description": "`failed` deliveries; `missed` events, of which none was made; `all` of both and "
            "also what was delivered"
        },
    )
