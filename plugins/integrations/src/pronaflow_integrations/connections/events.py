"""Events of connections, without tokens and without the names of accounts, since events stay."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class ConnectionPayload(Schema):
    """Whose connection to what."""

    connection_id = Id()
    user_id = Id()
    provider_name = fields.String()


class RefusalPayload(Schema):
    """Who came back with what was refused, and why."""

    user_id = Id()
    provider_name = fields.String(allow_none=True)
    reason = fields.String()


CONNECTION_CREATED = EventType(
    "connection.created",
    "Connection",
    ConnectionPayload,
    public=False,
    summary="Somebody connected an account at another service.",
)
CONNECTION_REMOVED = EventType(
    "connection.removed",
    "Connection",
    ConnectionPayload,
    public=False,
    summary="An account at another service was disconnected.",
)
CONNECTION_EXPIRED = EventType(
    "connection.expired",
    "Connection",
    ConnectionPayload,
    public=False,
    summary="A service does not accept the tokens of a connection any more.",
)
CONNECTION_REFUSED = EventType(
    "connection.refused",
    "User",
    RefusalPayload,
    public=False,
    summary="An answer that was to make a connection was refused.",
)

CONNECTION_EVENTS = (CONNECTION_CREATED, CONNECTION_REMOVED, CONNECTION_EXPIRED, CONNECTION_REFUSED)


def connection_payload(row: Row) -> dict[str, object]:
    """The payload for a connection."""
    return {"connection_id": row["id"], "user_id": row["user_id"], "provider_name": row["provider_name"]}
