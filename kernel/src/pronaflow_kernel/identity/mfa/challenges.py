"""The step between a right password, or a sign-in at a provider, and a session: five minutes, five attempts.

A challenge belongs to whoever took the first step. With its token it is found from the same program; with the
mail address alone, as some clients do it, only from the same network address and the same program.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from ...persistence.types import Id, UtcDateTime
from ...persistence.uow import Reader, Row, UnitOfWork
from ..models import User
from ..names import normal
from ..one_time import digest_of
from ..sessions.sessions import Device
from .models import Challenge

LIFE = timedelta(minutes=5)
"""How long a right password waits for its factor."""
ATTEMPTS = 5
"""How many codes may be shown for one."""

_MOMENT = bindparam("moment", type_=UtcDateTime())
_THIS = Challenge.id == bindparam("challenge", type_=Id())
_OPEN = (Challenge.expires_at > _MOMENT, Challenge.attempts < ATTEMPTS)
_SAME_PROGRAM = Challenge.user_agent.is_not_distinct_from(bindparam("user_agent"))
_BY_TOKEN = select(Challenge.__table__).where(
    Challenge.token_hash == bindparam("digest"), _SAME_PROGRAM, *_OPEN
)
_BY_ADDRESS = (
    select(Challenge.__table__)
    .join(User, User.id == Challenge.user_id)
    .where(
        User.email_norm == bindparam("email"),
        Challenge.ip.is_not_distinct_from(bindparam("ip")),
        _SAME_PROGRAM,
        *_OPEN,
    )
    .order_by(Challenge.created_at.desc(), Challenge.id.desc())
    .limit(1)
)
_TAKE = update(Challenge).where(_THIS, *_OPEN).values(attempts=Challenge.attempts + 1)
_END = delete(Challenge).where(_THIS)


def issue(uow: UnitOfWork, user: Row, device: Device, amr: Sequence[str]) -> str:
    """The token of a new challenge.

    Arguments:
        user: as it was when the password was checked.
        device: which gave the password.
        amr: how they proved who they are so far.
    """
    token = secrets.token_urlsafe(32)
    uow.insert(
        Challenge,
        {
            "user_id": user["id"],
            "token_hash": digest_of(token),
            "token_epoch": user["token_epoch"],
            "ip": device.ip,
            "user_agent": device.user_agent,
            "amr": list(amr),
            "expires_at": uow.now + LIFE,
        },
    )
    return token


def find(reader: Reader, device: Device, *, token: str | None, email: str | None) -> Row | None:
    """The open challenge that somebody means; None for one that is over, or another's.

    Arguments:
        device: which shows the factor.
        token: from `issue`; email: of the account, where there is no token.
    """
    common: dict[str, Any] = {"user_agent": device.user_agent, "moment": reader.clock.now()}
    if token is not None:
        return reader.one(_BY_TOKEN, digest=digest_of(token), **common)
    return reader.one(_BY_ADDRESS, email=normal(email or ""), ip=device.ip, **common)


def take(uow: UnitOfWork, challenge_id: str) -> bool:
    """Use up one attempt; False where the challenge is over by now."""
    return uow.execute(_TAKE, challenge=challenge_id, moment=uow.now) == 1


def end(uow: UnitOfWork, challenge_id: str) -> None:
    """Make a challenge worthless."""
    uow.execute(_END, challenge=challenge_id)
