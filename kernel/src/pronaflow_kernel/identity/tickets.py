"""Tickets: what a browser opens a stream with, since its `EventSource` sends no header of our choice.

A ticket stands in an address, which proxies log; so it is worth little: it works once, for half a minute, and
only where a route answers a stream. It stands for the session and the access token of whoever asked for it,
and ends with them. The access token itself is never taken from an address (RFC 6750, section 5.3).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from ..access.principal import Principal
from ..attribution import as_kernel
from ..errors import Forbidden, Unauthorized
from ..persistence.scope import Scope
from ..persistence.types import UtcDateTime
from ..persistence.uow import Reader, Row, UnitOfWork
from .models import OneTimeToken
from .one_time import digest_of

if TYPE_CHECKING:
    from ..persistence.database import Database
    from .sessions.access_tokens import AccessTokens

PURPOSE = "stream_ticket"
"""Purpose of a ticket among the secrets that work once."""

SECONDS = 30
"""Of its life."""

_MOMENT = bindparam("moment", type_=UtcDateTime())
_THIS = (
    OneTimeToken.purpose == PURPOSE,
    OneTimeToken.token_hash == bindparam("digest"),
    OneTimeToken.used_at.is_(None),
    OneTimeToken.expires_at > _MOMENT,
)
_FIND = select(OneTimeToken.user_id, OneTimeToken.payload).where(*_THIS)
_USE = update(OneTimeToken).where(*_THIS).values(used_at=_MOMENT)


@as_kernel
def issue_ticket(uow: UnitOfWork) -> Row:
    """A ticket for whoever sends the request: `ticket, expires_at`.

    Raises:
        Forbidden: it is no session of a person; a program can send its token in a header.
    """
    principal = uow.scope.principal
    if principal.session_id is None or principal.expires_at is None:
        raise Forbidden("Only a sign-in has tickets: send the token as Authorization: Bearer")
    ticket, expires_at = secrets.token_urlsafe(32), uow.now + timedelta(seconds=SECONDS)
    payload = {"session_id": principal.session_id, "until": principal.expires_at.isoformat()}
    uow.insert(
        OneTimeToken,
        {
            "user_id": principal.user_id,
            "purpose": PURPOSE,
            "token_hash": digest_of(ticket),
            "payload": payload,
            "expires_at": expires_at,
        },
    )
    return {"ticket": ticket, "expires_at": expires_at}


class Visitors:
    """Who opens a stream, and whether they may go on with it.

    Arguments:
        db: where tickets lie.
        tokens: accepts the credentials of requests.
    """

    def __init__(self, db: Database, tokens: AccessTokens) -> None:
        self._db, self._tokens = db, tokens

    def redeem(self, reader: Reader, ticket: str) -> Principal:
        """Whose ticket it is; it is worthless from here on.

        Raises:
            Unauthorized: there is no such ticket, or its session has ended.
        """
        with self._db.write(Scope.nobody()) as uow:
            this = {"digest": digest_of(ticket), "moment": uow.now}
            found = uow.one(_FIND, **this)
            if found is None or uow.execute(_USE, **this) != 1:
                raise Unauthorized("The ticket was used, has expired or never was one: ask for a new one")
        kept = found["payload"]
        until = datetime.fromisoformat(kept["until"])
        return self._tokens.of_session(reader, found["user_id"], kept["session_id"], until)

    def again(self, reader: Reader, principal: Principal, header: str | None) -> Principal:
        """Whoever was admitted before, if they would be now.

        Arguments:
            header: `Authorization` of the request; None where it came with a ticket.

        Raises:
            Unauthorized: the session, the token or the account has ended.
        """
        if header is not None:
            return self._tokens.of_header(reader, header)
        user_id, session_id, until = principal.user_id, principal.session_id, principal.expires_at
        if user_id is None or session_id is None or until is None:
            raise Unauthorized
        return self._tokens.of_session(reader, user_id, session_id, until)
