"""Refused proofs, whichever it was that was wrong: written down, and refused for a while after too many."""

from __future__ import annotations

from ...errors import RateLimited
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


def too_many(words: str, reason: str, seconds: int) -> RateLimited:
    """The refusal to look at a proof at all.

    Arguments:
        words: what to do; reason: the same as a word.
        seconds: until another one is looked at.
    """
    return RateLimited(words, details={"reason": reason}, headers={"Retry-After": str(seconds)})
