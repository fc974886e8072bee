"""The chain of refresh tokens of a session: each works once and is replaced by the next (RFC 9700, 4.14.2).

Who shows a used one a second time is either a client whose request was sent twice (two tabs, a retry after a
lost answer) or a thief. For some seconds, and as long as the successor is unused, it counts as the first and
gets the same successor: no second branch of the chain begins. After that it is theft (security.md 2.6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import aliased

from ...persistence.types import Id, UtcDateTime
from ...persistence.uow import Reader, Row, UnitOfWork
from ..models import RefreshToken, Session, User
from ..one_time import digest_of
from .access_tokens import alive
from .refresh_tokens import make, parse, seal, unseal

_MOMENT = bindparam("moment", type_=UtcDateTime())
_SESSION = bindparam("session", type_=Id())
_Next = aliased(RefreshToken)

_USE = (
    update(RefreshToken)
    .where(
        RefreshToken.token_hash == bindparam("digest"),
        RefreshToken.used_at.is_(None),
        RefreshToken.expires_at > _MOMENT,
    )
    .values(used_at=_MOMENT, successor=bindparam("sealed"))
)
_LINK = (
    select(
        RefreshToken.used_at,
        RefreshToken.successor,
        RefreshToken.generation,
        _Next.used_at.label("successor_used_at"),
        Session.id.label("session_id"),
        Session.created_at,
        Session.expires_at,
        Session.revoked_at,
        Session.token_epoch.label("session_epoch"),
        User.id,
        User.email,
        User.username,
        User.status,
        User.token_epoch,
        User.is_system_admin,
    )
    .join(Session, Session.id == RefreshToken.session_id)
    .join(User, User.id == Session.user_id)
    .outerjoin(
        _Next,
        (_Next.session_id == RefreshToken.session_id) & (_Next.generation == RefreshToken.generation + 1),
    )
    .where(RefreshToken.token_hash == bindparam("digest"), RefreshToken.expires_at > _MOMENT)
)
_BLANK = (
    update(RefreshToken)
    .where(RefreshToken.session_id == _SESSION, RefreshToken.generation == bindparam("before"))
    .values(successor=None)
)


def continues(reader: Reader, token: str) -> bool:
    """Whether a refresh token was issued and its session goes on; junk is told apart without the database.

    One whose account is closed for a while is not used up: it would seem stolen when the account opens again.
    """
    now = reader.clock.now()
    link = None if parse(token) is None else reader.one(_LINK, digest=digest_of(token), moment=now)
    return link is not None and alive(link, now)


def add(uow: UnitOfWork, session_id: str, token: str, until: datetime) -> None:
    """Issue a token of a session.

    Arguments:
        token: from `make`.
        until: when it expires.
    """
    _, generation = parse(token) or ("", 0)
    uow.insert(
        RefreshToken,
        {
            "session_id": session_id,
            "token_hash": digest_of(token),
            "generation": generation,
            "issued_at": uow.now,
            "expires_at": until,
        },
    )


@dataclass(frozen=True, slots=True)
class Use:
    """What showing a refresh token did.

    Arguments:
        token: as shown.
        successor: what replaces it, if this is the first use.
        first: whether it is; the token is used up then.
        link: the token with its session and user; None where it was never issued, or has expired.
    """

    token: str = field(repr=False)
    successor: str = field(repr=False)
    first: bool
    link: Row | None


def use(uow: UnitOfWork, token: str) -> Use:
    """Use a token up. Of many who do so at the same moment one is the first; the others wait for its commit.

    Arguments:
        token: one that `continues` a session.
    """
    session_id, generation = parse(token) or ("", 0)
    successor = make(session_id, generation + 1)
    digest = digest_of(token)
    first = uow.execute(_USE, digest=digest, moment=uow.now, sealed=seal(successor, token)) == 1
    return Use(token, successor, first, uow.one(_LINK, digest=digest, moment=uow.now))


def replace(uow: UnitOfWork, used: Use, link: Row, until: datetime) -> str:
    """Issue the successor after a first use."""
    uow.execute(_BLANK, session=link["session_id"], before=link["generation"] - 1)
    add(uow, link["session_id"], used.successor, until)
    return used.successor


def again(used: Use, link: Row, now: datetime, grace: int) -> str | None:
    """The successor that was issued before; None where asking for it a second time is not forgiven.

    Arguments:
        grace: seconds for which it is.
    """
    if link["successor"] is None or link["successor_used_at"] is not None:
        return None
    if max(0.0, (now - link["used_at"]).total_seconds()) >= grace:
        return None
    return unseal(link["successor"], used.token)
