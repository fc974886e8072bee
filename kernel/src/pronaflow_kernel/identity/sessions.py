"""Sessions: what a sign-in begins, a refresh token continues, and a sign-out or a new password ends.

A session lives as long as its latest refresh token, and never longer than `LONGEST` after the sign-in
(security.md 1, "Refresh 7 days"). Each refresh token works once: showing a used one again means that two hold
it, and ends the session (RFC 9700, 4.14.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from ..ids import new_id
from ..persistence.scope import Scope
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import Reader, Row, UnitOfWork
from ..settings.schema import AuthSettings
from .access_tokens import AccessTokens, alive, principal_of
from .events import SESSION_ENDED, SESSION_STARTED
from .models import RefreshToken, Session, User
from .one_time import digest_of
from .refresh_tokens import make, well_formed

LONGEST = timedelta(days=30)
"""How long a session can be continued without a new sign-in."""

_MOMENT = bindparam("moment", type_=UtcDateTime())
_OWNER = bindparam("owner", type_=Id())
_SESSION = bindparam("session", type_=Id())

_KNOWN = select(RefreshToken.id).where(RefreshToken.token_hash == bindparam("digest"))
_USE = (
    update(RefreshToken)
    .where(
        RefreshToken.token_hash == bindparam("digest"),
        RefreshToken.used_at.is_(None),
        RefreshToken.expires_at > _MOMENT,
    )
    .values(used_at=_MOMENT)
)
_CHAIN = (
    select(
        RefreshToken.used_at,
        RefreshToken.generation,
        Session.id.label("session_id"),
        Session.auth_time,
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
    .where(RefreshToken.token_hash == bindparam("digest"))
)
_CONTINUE = (
    update(Session)
    .where(Session.id == _SESSION)
    .values(last_seen_at=_MOMENT, expires_at=bindparam("until", type_=UtcDateTime()))
)
_LIVE = (
    select(Session.id)
    .where(Session.user_id == _OWNER, Session.revoked_at.is_(None), Session.expires_at > _MOMENT)
    .order_by(Session.last_seen_at.desc(), Session.id.desc())
)
_END = (
    update(Session)
    .where(Session.id == _SESSION, Session.revoked_at.is_(None))
    .values(revoked_at=_MOMENT, revoke_reason=bindparam("reason"))
)
_SIGNED_IN = update(User).where(User.id == _OWNER).values(last_login_at=_MOMENT)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from.

    Arguments:
        ip: address of the caller.
        user_agent: as the program calls itself.
    """

    ip: str | None = None
    user_agent: str | None = None


class Sessions:
    """Starts, continues and ends sessions.

    Arguments:
        auth: lives of tokens and the number of sessions.
        access_tokens: issues access tokens.
    """

    def __init__(self, auth: AuthSettings, access_tokens: AccessTokens) -> None:
        self._auth = auth
        self._access_tokens = access_tokens

    def start(self, uow: UnitOfWork, user: Row, device: Device, amr: Sequence[str] = ("pwd",)) -> Row:
        """Sign a user in; beyond the limit the least recently active session ends.

        Arguments:
            user: as it was when the password was checked: a password changed since then voids the session.
            amr: how they proved who they are, in the words of RFC 8176: `pwd`, `otp`, `mfa`.

        Returns:
            `access_token, refresh_token, token_type, expires_in`.
        """
        # This also makes simultaneous sign-ins of one user wait for each other, so that both count.
        uow.execute(_SIGNED_IN, owner=user["id"], moment=uow.now)
        live = [row["id"] for row in uow.all(_LIVE, owner=user["id"], moment=uow.now)]
        session_id, until = new_id(), self._until(uow.now, uow.now)
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
        return self._tokens(uow, user, session_id, 0, until)

    def known(self, reader: Reader, refresh_token: str) -> bool:
        """Whether a refresh token was ever issued; junk is told apart without the database."""
        if not well_formed(refresh_token):
            return False
        return reader.one(_KNOWN, digest=digest_of(refresh_token)) is not None

    def refresh(self, uow: UnitOfWork, refresh_token: str) -> Row | None:
        """Replace a refresh token.

        Returns:
            As `start`, or None if the token is not accepted; then what was found out must be committed all
            the same, because showing a used token ends its session.
        """
        digest = digest_of(refresh_token)
        accepted = uow.execute(_USE, digest=digest, moment=uow.now) == 1
        chain = uow.one(_CHAIN, digest=digest)
        if chain is None:
            return None
        if not accepted:
            if chain["used_at"] is not None:
                self.end(uow, chain["id"], chain["session_id"], "token_reuse")
            return None
        if not alive(chain, uow.now):
            return None
        until = self._until(uow.now, chain["auth_time"])
        uow.execute(_CONTINUE, session=chain["session_id"], moment=uow.now, until=until)
        return self._tokens(uow, chain, chain["session_id"], chain["generation"] + 1, until)

    def end(self, uow: UnitOfWork, user_id: str, session_id: str, reason: str) -> None:
        """End a session, if it still runs."""
        if uow.execute(_END, session=session_id, moment=uow.now, reason=reason) == 1:
            payload = {"user_id": user_id, "session_id": session_id, "reason": reason}
            uow.publish(SESSION_ENDED, session_id, payload)

    def end_others(self, uow: UnitOfWork, user_id: str, kept: str | None, reason: str) -> None:
        """End all sessions of a user but one.

        Arguments:
            kept: the session that goes on; None ends all.
        """
        for session in uow.all(_LIVE, owner=user_id, moment=uow.now):
            if session["id"] != kept:
                self.end(uow, user_id, session["id"], reason)

    def _until(self, now: datetime, auth_time: datetime) -> datetime:
        return min(now + timedelta(seconds=self._auth.refresh_token_ttl), auth_time + LONGEST)

    def _tokens(self, uow: UnitOfWork, user: Row, session_id: str, generation: int, until: datetime) -> Row:
        token = make(session_id, generation)
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
        return {
            "access_token": self._access_tokens.issue(user, session_id),
            "refresh_token": token,
            "token_type": "bearer",
            "expires_in": self._access_tokens.ttl,
        }
