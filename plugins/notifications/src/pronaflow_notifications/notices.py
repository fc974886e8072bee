"""What people are told of their own accounts: the type `security_alert`, from events of the kernel.

The kernel mails of all of them itself but of new devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, bindparam, func, select

from pronaflow_kernel.api import Event, IdType, Reader

_SESSION = Table(
    "core__session",
    MetaData(),
    Column("id", IdType()),
    Column("user_id", IdType()),
    Column("user_agent", String()),
)
"""What is read of sign-ins; the model is the kernel's own."""
_BEFORE = _SESSION.alias("before")
_ID = bindparam("id", type_=IdType())
_NEW_DEVICE = (
    select(
        func.count().filter(_BEFORE.c.user_agent == _SESSION.c.user_agent).label("alike"),
        func.count(_BEFORE.c.id).label("earlier"),
    )
    .select_from(
        _SESSION.join(_BEFORE, (_BEFORE.c.user_id == _SESSION.c.user_id) & (_BEFORE.c.id < _SESSION.c.id))
    )
    .where(_SESSION.c.id == _ID)
)
"""How many sessions came before one, and how many of them with the same kind of device."""

_ALERTS = {
    "user.password_changed": (
        "Your password was changed",
        "The password of your account was changed. If this was not you, set a new one at once.",
    ),
    "user.sign_in_barred": (
        "Failed sign-ins to your account",
        "Somebody failed to sign in to your account so often that further attempts are refused for a while.",
    ),
    "mfa.enabled": (
        "Two-step sign-in is on",
        "Your account asks for a code besides the password from now on.",
    ),
    "mfa.disabled": (
        "Two-step sign-in is off",
        "Your account does not ask for a code any more. If this was not you, change your password.",
    ),
    "mfa.locked": (
        "Wrong codes for your account",
        "Too many wrong codes were entered for your account: none is accepted for an hour.",
    ),
    "mfa.recovery_code_used": (
        "A recovery code was used",
        "Somebody signed in to your account with a recovery code. If this was not you, change your password.",
    ),
    "mfa.recovery_codes_replaced": (
        "New recovery codes",
        "New recovery codes were made for your account, and the old ones are void.",
    ),
    "session.started": (
        "Sign-in from a new device",
        "Somebody signed in to your account from a device or browser that it was not used with before. "
        "If this was not you, end the session and change your password.",
    ),
}
"""Title and message by event."""


def notification_types() -> list[Mapping[str, Any]]:
    """The answer to `provide_notification_types`."""
    return [
        {
            "type": "security_alert",
            "event": event,
            "title": title,
            "message": message,
            "summary": "Something that matters for the safety of your account",
            "priority": "high",
            "critical": True,
            "in_app_only": event != "session.started",
            "recipients": _new_device if event == "session.started" else _owner,
            "reasons": {"account": "It is about your account."},
            "action_url": "/settings/security",
        }
        for event, (title, message) in _ALERTS.items()
    ]


def _owner(reader: Reader, event: Event) -> Mapping[str, str]:
    user_id = event.payload["user_id"]
    return {user_id: "account"} if user_id else {}


def _new_device(reader: Reader, event: Event) -> Mapping[str, str]:
    """The owner of an account that was used before, but with no such device."""
    found = reader.all(_NEW_DEVICE, id=event.payload["session_id"])[0]
    return _owner(reader, event) if found["earlier"] and not found["alike"] else {}
