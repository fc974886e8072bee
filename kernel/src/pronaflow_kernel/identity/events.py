"""What identity announces. Addresses and IPs go to the private part of the ledger, not into payloads."""

from __future__ import annotations

from marshmallow import fields

from ..events.types import EventType
from ..web.fields import Id, Schema


class UserPayload(Schema):
    """Names the user and nothing personal."""

    user_id = Id()


class SessionPayload(Schema):
    """A session that began or ended."""

    user_id = Id()
    session_id = Id()
    reason = fields.String(allow_none=True)


def _user(name: str, summary: str) -> EventType:
    return EventType(name, "User", UserPayload, public=False, summary=summary)


USER_REGISTERED = _user("user.registered", "Somebody created an account.")
USER_VERIFIED = _user("user.verified", "A mail address was proved.")
USER_UPDATED = _user("user.updated", "Somebody changed the own profile.")
PASSWORD_CHANGED = _user("user.password_changed", "A password was changed or reset.")
LOGIN_FAILED = _user("user.login_failed", "A sign-in was refused.")
SESSION_STARTED = EventType("session.started", "Session", SessionPayload, False, summary="Somebody signed in.")
SESSION_ENDED = EventType("session.ended", "Session", SessionPayload, False, summary="A session ended.")

IDENTITY_EVENTS = (
    USER_REGISTERED,
    USER_VERIFIED,
    USER_UPDATED,
    PASSWORD_CHANGED,
    LOGIN_FAILED,
    SESSION_STARTED,
    SESSION_ENDED,
)
