"""Secrets that work once: links that prove an address, reset a password or set the server up.

256 random bits, of which only the SHA-256 is stored. Using one up is a single conditional UPDATE, so that of
two simultaneous uses one wins.

Anybody can have a link mailed to somebody else. That voids no link which the owner has, or nobody whose
address is known could ever set a new password; and it fills neither mailboxes nor the table, since only so
many work at the same time.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import bindparam, delete, func, select, update

from ..errors import InvalidRequest
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import Reader, UnitOfWork
from .models import OneTimeToken

VERIFY_EMAIL = "verify_email"
"""Purpose of a token that proves a mail address."""
RESET_PASSWORD = "reset_password"
"""Purpose of a token that sets a new password."""
SETUP = "setup"
"""Purpose of the token that creates the first administrator."""
MOST = 5
"""How many tokens of an owner for one purpose work at the same time where anybody can ask for them."""

_PURPOSE = OneTimeToken.purpose == bindparam("use")
_OWNED = (_PURPOSE, OneTimeToken.user_id == bindparam("owner", type_=Id()))
_UNUSED = OneTimeToken.used_at.is_(None)
_MOMENT = bindparam("moment", type_=UtcDateTime())
_FORGET = delete(OneTimeToken).where(*_OWNED)
_FORGET_UNUSED = delete(OneTimeToken).where(*_OWNED, _UNUSED)
_COUNT = (
    select(func.count()).select_from(OneTimeToken).where(*_OWNED, _UNUSED, OneTimeToken.expires_at > _MOMENT)
)
_FORGET_OWNERLESS = delete(OneTimeToken).where(_PURPOSE, OneTimeToken.user_id.is_(None))
_THIS = (
    _PURPOSE,
    OneTimeToken.user_id.is_not_distinct_from(bindparam("owner", type_=Id())),
    OneTimeToken.token_hash == bindparam("digest"),
)
_FIND = select(OneTimeToken.used_at, OneTimeToken.expires_at).where(*_THIS)
_USE = update(OneTimeToken).where(*_THIS, _UNUSED, OneTimeToken.expires_at > _MOMENT).values(used_at=_MOMENT)

_REASONS = {
    "invalid": "The token is not valid: ask for a new one",
    "used": "The token was used already",
    "expired": "The token has expired: ask for a new one",
}


def digest_of(token: str) -> bytes:
    """What is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def issue(uow: UnitOfWork, purpose: str, seconds: int, user_id: str | None = None) -> str:
    """A new token; the owner's former one for this purpose is forgotten.

    Arguments:
        purpose: e.g. `VERIFY_EMAIL`.
        seconds: of its life.
        user_id: the only one who can use it; None for a token that makes a user.
    """
    forget(uow, purpose, user_id)
    return _add(uow, purpose, seconds, user_id)


def issue_beside(uow: UnitOfWork, purpose: str, seconds: int, user_id: str) -> str | None:
    """A new token beside those that the owner has; None where `MOST` work already.

    Arguments:
        purpose, seconds, user_id: as for `issue`.
    """
    if uow.value(_COUNT, use=purpose, owner=user_id, moment=uow.now) >= MOST:
        return None
    return _add(uow, purpose, seconds, user_id)


def _add(uow: UnitOfWork, purpose: str, seconds: int, user_id: str | None) -> str:
    token = secrets.token_urlsafe(32)
    uow.insert(
        OneTimeToken,
        {
            "user_id": user_id,
            "purpose": purpose,
            "token_hash": digest_of(token),
            "expires_at": uow.now + timedelta(seconds=seconds),
        },
    )
    return token


def forget(uow: UnitOfWork, purpose: str, user_id: str | None = None) -> None:
    """Make the owner's tokens for this purpose worthless, if there are any."""
    if user_id is None:
        uow.execute(_FORGET_OWNERLESS, use=purpose)
    else:
        uow.execute(_FORGET, use=purpose, owner=user_id)


def check(reader: Reader, purpose: str, token: str, user_id: str | None = None) -> None:
    """Look whether a token would work, without using it up.

    Raises:
        InvalidRequest: it would not; `details.reason` is `invalid`, `used` or `expired`.
    """
    reason = _fault(reader, purpose, token, user_id)
    if reason is not None:
        raise _refusal(reason)


def use(uow: UnitOfWork, purpose: str, token: str, user_id: str | None = None) -> None:
    """Use a token up; others of the owner for this purpose are worthless then.

    Raises:
        InvalidRequest: as `check`.
    """
    if uow.execute(_USE, use=purpose, owner=user_id, digest=digest_of(token), moment=uow.now) != 1:
        raise _refusal(_fault(uow, purpose, token, user_id) or "used")
    if user_id is not None:
        uow.execute(_FORGET_UNUSED, use=purpose, owner=user_id)


def _fault(reader: Reader, purpose: str, token: str, user_id: str | None) -> str | None:
    found = reader.one(_FIND, use=purpose, owner=user_id, digest=digest_of(token))
    if found is None:
        return "invalid"
    if found["used_at"] is not None:
        return "used"
    return "expired" if found["expires_at"] <= reader.clock.now() else None


def _refusal(reason: str) -> InvalidRequest:
    return InvalidRequest(_REASONS[reason], details={"field": "token", "reason": reason})
