"""Sessions: what a sign-in begins, a refresh token continues, and a sign-out or a new password ends.

A session lives as long as its latest refresh token, and never longer than `auth.session_ttl` after the
sign-in (security.md 1, "Refresh 7 days").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import bindparam, select, update

from ...errors import Unauthorized
from ...ids import new_id
from ...persistence.scope import Scope
from ...persistence.types import Id, Json, UtcDateTime
from ...persistence.uow import Reader, Row, UnitOfWork
from ...settings.schema import AuthSettings
from ..events import SESSION_CONFIRMED, SESSION_ENDED, SESSION_STARTED
from ..letters import Letters
from ..models import Session, User
from . import refresh_chain
from .access_tokens import AccessTokens, alive, principal_of
from .refresh_tokens import make

_MOMENT = bindparam("moment", type_=UtcDateTime())
_OWNER = bindparam("owner", type_=Id())
_SESSION = bindparam("session", type_=Id())

_CONTINUE = (
    update(Session)
    .where(Session.id == _SESSION)
    .values(last_seen_at=_MOMENT, expires_at=bindparam("until", type_=UtcDateTime()))
)
_LIVE = (
    select(Session.__table__)
    .where(Session.user_id == _OWNER, Session.revoked_at.is_(None), Session.expires_at > _MOMENT)
    .order_by(Session.last_seen_at.desc(), Session.id.desc())
)
_END = (
    update(Session)
    .where(Session.id == _SESSION, Session.revoked_at.is_(None))
    .values(revoked_at=_MOMENT, revoke_reason=bindparam("reason"))
)
_CONFIRM = (
    update(Session)
    .where(Session.id == _SESSION, Session.revoked_at.is_(None))
    .values(auth_time=_MOMENT, amr=bindparam("words", type_=Json()))
)
_SIGNED_IN = update(User).where(User.id == _OWNER, User.status == "active").values(last_login_at=_MOMENT)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from.

    Arguments:
        ip: address of the caller.
        user_agent: as the program calls itself.
    """

    ip: str | None = None
    user_agent: str | None = None


def calling_device() -> Device:
    """Where the present request comes from."""
    return Device((request.remote_addr or "")[:45] or None, request.user_agent.string[:400] or None)


class Sessions:
    """Starts, continues and ends sessions.

    Arguments:
        auth: lives of tokens and the number of sessions.
        access_tokens: issues access tokens.
        letters: tell owners.
    """

    def __init__(self, auth: AuthSettings, access_tokens: AccessTokens, letters: Letters) -> None:
        self._auth = auth
        self._access_tokens = access_tokens
        self._letters = letters

    def start(self, uow: UnitOfWork, user: Row, device: Device, amr: Sequence[str] = ("pwd",)) -> Row:
        """Sign a user in; beyond the limit the least recently active session ends.

        Arguments:
            user: as it was when the password was checked: a password changed since then voids the session.
            amr: how they proved who they are, in the words of RFC 8176: `pwd`, `otp`, `mfa`.

        Returns:
            `access_token, refresh_token, token_type, expires_in`.

        Raises:
            Unauthorized: the account was closed, or deleted, since the password was checked.
        """
        # This also makes simultaneous sign-ins of one user wait for each other, so that both count.
        if uow.execute(_SIGNED_IN, owner=user["id"], moment=uow.now) != 1:
            raise Unauthorized("The account was closed meanwhile")
        live = [row["id"] for row in uow.all(_LIVE, owner=user["id"], moment=uow.now)]
        session_id, until = new_id(), self._until(uow.now, uow.now)
        token = make(session_id, 0)
        uow.enter(Scope(principal_of(user, session_id, uow.now)))
        for superfluous in live[self._auth.max_sessions - 1 :]:
            self.end(uow, user["id"], superfluous, "too_many_sessions")
        uow.insert(
            Session,
            {
                "id": session_id,
                "user_id": user["id"],
                "auth_time": uow.now,
                "amr": list(amr),
                "token_epoch": user["token_epoch"],
                "ip": device.ip,
                "user_agent": device.user_agent,
                "last_seen_at": uow.now,
                "expires_at": until,
            },
        )
        payload = {"user_id": user["id"], "session_id": session_id, "reason": None}
        uow.publish(SESSION_STARTED, session_id, payload)
        refresh_chain.add(uow, session_id, token, until)
        return self._tokens(user, session_id, token)

    def refresh(self, uow: UnitOfWork, refresh_token: str) -> Row | None:
        """Replace a refresh token that `refresh_chain.continues` a session.

        Returns:
            As `start`, or None if the token is not accepted; then what was found out must be committed all
            the same, because showing a used token ends its session.
        """
        used = refresh_chain.use(uow, refresh_token)
        link = used.link
        if link is None or not alive(link, uow.now):
            return None
        if used.first:
            until = self._until(uow.now, link["created_at"])
            uow.execute(_CONTINUE, session=link["session_id"], moment=uow.now, until=until)
            return self._tokens(link, link["session_id"], refresh_chain.replace(uow, used, link, until))
        if link["used_at"] is None:
            return None
        successor = refresh_chain.again(used, link, uow.now, self._auth.refresh_grace)
        if successor is None:
            self.end(uow, link["id"], link["session_id"], "token_reuse")
            self._letters.session_stolen(uow, link)
            return None
        return self._tokens(link, link["session_id"], successor)

    def of(self, reader: Reader, user_id: str) -> list[Row]:
        """The sessions of a user that go on, the most recently active first."""
        return reader.all(_LIVE, owner=user_id, moment=reader.clock.now())

    def confirm(self, uow: UnitOfWork, session: Row, amr: Iterable[str]) -> datetime:
        """Note that the owner of a session has just proved again who they are (step-up).

        Arguments:
            session: its row.
            amr: how, as for `start`.

        Returns:
            The new `auth_time`.

        Raises:
            Unauthorized: it has ended meanwhile.
        """
        words = list(dict.fromkeys([*session["amr"], *amr]))
        if uow.execute(_CONFIRM, session=session["id"], moment=uow.now, words=words) != 1:
            raise Unauthorized("The session has ended: sign in again")
        payload = {"user_id": session["user_id"], "session_id": session["id"], "reason": None}
        uow.publish(SESSION_CONFIRMED, session["id"], payload)
        return uow.now

    def end(self, uow: UnitOfWork, user_id: str, session_id: str, reason: str) -> None:
        """End a session, if it still runs."""
        if uow.execute(_END, session=session_id, moment=uow.now, reason=reason) == 1:
            payload = {"user_id": user_id, "session_id": session_id, "reason": reason}
            uow.publish(SESSION_ENDED, session_id, payload)

    def end_others(self, uow: UnitOfWork, user_id: str, kept: str | None, reason: str) -> int:
        """End all sessions of a user but one, and tell how many.

        Arguments:
            kept: the session that goes on; None ends all.
        """
        others = [row["id"] for row in self.of(uow, user_id) if row["id"] != kept]
        for session_id in others:
            self.end(uow, user_id, session_id, reason)
        return len(others)

    def _until(self, now: datetime, begun: datetime) -> datetime:
        idle = timedelta(seconds=self._auth.refresh_token_ttl)
        return min(now + idle, begun + timedelta(seconds=self._auth.session_ttl))

    def _tokens(self, user: Row, session_id: str, refresh_token: str) -> Row:
        return {
            "access_token": self._access_tokens.issue(user, session_id),
            "refresh_token": refresh_token,
            "token_type": "bearer",
            "expires_in": self._access_tokens.ttl,
        }
