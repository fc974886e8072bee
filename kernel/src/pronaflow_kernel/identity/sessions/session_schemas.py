"""What the routes of sessions read and show (modules.md 1.1)."""

from __future__ import annotations

from marshmallow import fields, validate

from ...web.fields import Id, Schema, Timestamp
from ..mfa.schemas import OwnerIn
from ..schemas import TYPED, Confirmation


class SessionOut(Schema):
    """A sign-in that goes on."""

    id = Id()
    session_id = Id(attribute="id", dump_only=True)
    user_agent = fields.String(allow_none=True, metadata={"description": "As the program called itself"})
    ip_address = fields.String(attribute="ip", allow_none=True, metadata={"description": "At the sign-in"})
    device = fields.String(
        allow_none=True,
        metadata={"description": "Readable, as far as `user_agent` tells", "example": "Firefox on Windows"},
    )
    location = fields.String(
        allow_none=True, metadata={"description": "Always null: addresses are not located"}
    )
    created_at = Timestamp()
    last_activity = Timestamp(
        attribute="last_seen_at", metadata={"description": "Noted at most once a minute"}
    )
    expires_at = Timestamp(metadata={"description": "Unless tokens are refreshed before"})
    is_current = fields.Boolean(metadata={"description": "Whether this request is part of it"})
    amr = fields.List(
        fields.String(),
        metadata={"description": "How the person proved who they are (RFC 8176)", "example": ["pwd", "otp"]},
    )


class SessionsOut(Schema):
    """The sessions of the caller, the most recently active first."""

    sessions = fields.List(fields.Nested(SessionOut))
    total = fields.Integer()


class RevokeIn(Schema):
    """The session that is to end."""

    session_id = Id(required=True)


class RevokedOut(Confirmation):
    """How many sessions have ended."""

    revoked_count = fields.Integer()


class StepUpIn(OwnerIn):
    """The own password; and a code where two-step sign-in is on."""

    password = fields.String(
        required=True, validate=validate.Length(max=TYPED), metadata={"format": "password"}
    )


class StepUpOut(Schema):
    """Until when it counts."""

    auth_time = Timestamp()
    fresh_until = Timestamp(
        metadata={"description": "For operations whose `x-fresh` is 600; others ask for it sooner"}
    )
