"""What is announced of event consumers; they do not leave the installation, so that none hears of itself."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class ConsumerPayload(Schema):
    """Which consumer."""

    workspace_id = Id()
    consumer_id = Id()
    event_type = fields.String()
    handler_type = fields.String()


class DisabledPayload(ConsumerPayload):
    """Which consumer, why, and who is to know."""

    reason = fields.String()
    user_id = Id(allow_none=True)


CREATED = EventType(
    "event_consumer.created",
    "EventConsumer",
    ConsumerPayload,
    public=False,
    summary="An event consumer was added.",
)
UPDATED = EventType(
    "event_consumer.updated",
    "EventConsumer",
    ConsumerPayload,
    public=False,
    summary="An event consumer was changed.",
)
DELETED = EventType(
    "event_consumer.deleted",
    "EventConsumer",
    ConsumerPayload,
    public=False,
    summary="An event consumer was deleted.",
)
DISABLED = EventType(
    "event_consumer.disabled",
    "EventConsumer",
    DisabledPayload,
    public=False,
    summary="An event consumer was switched off by itself.",
)

CONSUMER_EVENTS = (CREATED, UPDATED, DELETED, DISABLED)
