"""What identity announces. Names, addresses and IPs go to the private part of the ledger, not to payloads."""

from __future__ import annotations

from marshmallow import fields

from ..events.types import EventType
from ..web.fields import Id, Schema


class UserPayload(Schema):
    """Names the user and nothing personal."""

    user_id = Id()


class ProfilePayload(Schema):
    """Names the fields of a profile that changed; the values are private."""

    user_id = Id()
    fields_changed = fields.List(fields.String())


class SessionPayload(Schema):
    """A session that began or ended."""

    user_id = Id()
    session_id = Id()
    reason = fields.String(allow_none=True)


class DeletedPayload(UserPayload):
    """Whose account is gone, and who deleted it: `owner` or `operator`."""

    by = fields.String()


class AttemptPayload(Schema):
    """Something that was refused; `user_id` is null where no account was meant.

    What was typed as a name is kept nowhere: people mistype their password there.
    """

    user_id = Id(allow_none=True)
    reason = fields.String()


def _user(name: str, summary: str) -> EventType:
    return EventType(name, "User", UserPayload, public=False, summary=summary)


USER_REGISTERED = _user("user.registered", "Somebody created an account.")
USER_VERIFIED = _user("user.verified", "A mail address was proved.")
USER_UPDATED = EventType(
    "user.updated", "User", ProfilePayload, public=False, summary="Somebody changed the own profile."
)
USER_DELETED = EventType(
    "user.deleted",
    "User",
    DeletedPayload,
    public=False,
    summary="An account was deleted and its user forgotten.",
)
PASSWORD_CHANGED = _user("user.password_changed", "A password was changed or reset.")
REGISTRATION_REFUSED = EventType(
    "user.registration_refused",
    "User",
    AttemptPayload,
    public=False,
    summary="Somebody registered with an address or user name that has an account.",
)
LOGIN_FAILED = EventType(
    "user.login_failed", "LoginAttempt", AttemptPayload, public=False, summary="A sign-in was refused."
)
SIGN_IN_BARRED = EventType(
    "user.sign_in_barred",
    "LoginAttempt",
    AttemptPayload,
    public=False,
    summary="Failed sign-ins locked an account for where they came from, or for all unknown devices.",
)
SESSION_STARTED = EventType(
    "session.started", "Session", SessionPayload, public=False, summary="Somebody signed in."
)
SESSION_CONFIRMED = EventType(
    "session.confirmed",
    "Session",
    SessionPayload,
    public=False,
    summary="Somebody proved again in a session who they are.",
)
SESSION_ENDED = EventType(
    "session.ended", "Session", SessionPayload, public=False, summary="A session ended."
)

IDENTITY_EVENTS = (
    USER_REGISTERED,
    USER_VERIFIED,
    USER_UPDATED,
    USER_DELETED,
    PASSWORD_CHANGED,
    REGISTRATION_REFUSED,
    LOGIN_FAILED,
    SIGN_IN_BARRED,
    SESSION_STARTED,
    SESSION_CONFIRMED,
    SESSION_ENDED,
)
