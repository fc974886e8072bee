"""What is announced of tokens to the audit log and to plugins; none of it leaves the server by itself."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema, Timestamp


class ApiTokenPayload(Schema):
    """Which token, and whose."""

    workspace_id = Id()
    token_id = Id()
    user_id = Id()
    scopes = fields.List(fields.String())
    expires_at = Timestamp()


class ApiTokenExpiringPayload(ApiTokenPayload):
    """A token that ends soon."""

    days_left = fields.Integer()


TOKEN_CREATED = EventType(
    "token.created", "ApiToken", ApiTokenPayload, public=False, summary="Somebody made an API token."
)
TOKEN_UPDATED = EventType(
    "token.updated",
    "ApiToken",
    ApiTokenPayload,
    public=False,
    summary="An API token was renamed, switched on or off.",
)
TOKEN_ROTATED = EventType(
    "token.rotated",
    "ApiToken",
    ApiTokenPayload,
    public=False,
    summary="An API token got a new secret, and the old one is dead.",
)
TOKEN_REVOKED = EventType(
    "token.revoked", "ApiToken", ApiTokenPayload, public=False, summary="An API token was revoked for good."
)
TOKEN_EXPIRING = EventType(
    "token.expiring",
    "ApiToken",
    ApiTokenExpiringPayload,
    public=False,
    summary="An API token expires in 7 days, or in one.",
)

TOKEN_EVENTS = (TOKEN_CREATED, TOKEN_UPDATED, TOKEN_ROTATED, TOKEN_REVOKED, TOKEN_EXPIRING)
