"""Writing refused sign-ins down, whichever proof was wrong."""

from __future__ import annotations

from ...ids import new_id
from ...persistence.uow import Row, UnitOfWork
from ..events import LOGIN_FAILED
from ..sessions.sessions import Device


def note_failure(uow: UnitOfWork, user: Row | None, reason: str, device: Device) -> None:
    """Write a refusal into the ledger.

    Arguments:
        user: the account that was named, if there is one.
        reason: a word, e.g. `wrong_code`; device: where it came from.
    """
    payload = {"user_id": user["id"] if user else None, "reason": reason}
    private = {"ip": device.ip, "user_agent": device.user_agent}
    uow.publish(LOGIN_FAILED, new_id(), payload, private=private)
