"""Access tokens: 30-minute JWTs (HS256) whose session is looked up at each request.

Claims as the first seed prints them (sub, email, username, roles, iat, exp) and `sid`, the session. The
session query makes logout, disabling and password changes count at once (architecture.md 7.12).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
from flask import Request
from sqlalchemy import bindparam, select

from ..access.principal import Principal
from ..clock import Clock
from ..errors import InvalidRequest, Unauthorized
from ..persistence.types import Id
from ..persistence.uow import Reader, Row
from .models import Session, User

_SESSION = (
    select(
        Session.id.label("session_id"),
        Session.auth_time,
        Session.expires_at,
        Session.revoked_at,
        Session.token_epoch.label("session_epoch"),
        User.id,
        User.username,
        User.email,
        User.status,
        User.token_epoch,
        User.is_system_admin,
    )
    .join(User, User.id == Session.user_id)
    .where(Session.id == bindparam("sid", type_=Id()))
)
_CLAIMS = ("sub", "sid", "exp", "iat")
_REMEMBERED = 4096
"""How many verified tokens are remembered; one takes about a kilobyte."""


class AccessTokens:
    """Issues and accepts access tokens.

    Arguments:
        keys: HMAC keys of at least 32 bytes; the first signs, all are accepted.
        ttl: life in seconds.
        clock: tells the present.
        others: signs in with a credential that is no access token; answers None for one it does not know.
    """

    def __init__(
        self,
        keys: list[bytes],
        ttl: int,
        clock: Clock,
        others: Callable[[Reader, str], Principal | None] = lambda reader, credential: None,
    ) -> None:
        self._keys = keys
        self.ttl = ttl
        self._clock = clock
        self._others = others
        self._verified: dict[str, dict[str, Any]] = {}

    def issue(self, user: Row, session_id: str) -> str:
        """A token for a user's session."""
        now = self._clock.now()
        claims = {
            "sub": user["id"],
            "sid": session_id,
            "email": user["email"],
            "username": user["username"],
            "roles": system_roles(user),
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl),
        }
        return jwt.encode(claims, self._keys[0], algorithm="HS256")

    def authenticate(self, reader: Reader, request: Request) -> Principal:
        """Who sends a request; anonymous without an `Authorization` header.

        Raises:
            InvalidRequest: two `Authorization` headers.
            Unauthorized: the token is no good, or its session has ended.
        """
        header = request.headers.get("Authorization")
        if header is None:
            return Principal.anonymous()
        if "," in header:  # WSGI joins repeated headers with a comma, which no token holds
            raise InvalidRequest("Send one Authorization header")
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Unauthorized("Send `Authorization: Bearer <token>`")
        try:
            claims = self._claims(token.strip())
        except Unauthorized:
            principal = self._others(reader, token.strip())
            if principal is None:
                raise
            return principal
        row = reader.one(_SESSION, sid=claims["sid"])
        if row is None or not alive(row, self._clock.now()):
            raise Unauthorized("The session has ended: sign in again")
        return principal_of(row, row["session_id"], row["auth_time"])

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that is genuine and has not expired.

        A signature is verified once: it cannot turn bad later, and what can end (expiry, session) is asked
        at each request.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        # Expiry is compared here because PyJWT asks the machine's clock, not ours.
        if claims["exp"] <= self._clock.now().timestamp():
            raise Unauthorized("The token has expired")
        return claims

    def _verify(self, token: str) -> dict[str, Any]:
        for key in self._keys:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    options={"require": [*_CLAIMS], "verify_exp": False, "verify_iat": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                break
            return claims
        raise Unauthorized


def principal_of(user: Row, session_id: str | None, auth_time: datetime | None) -> Principal:
    """A user as the one who acts.

    Arguments:
        user: `id, username, email, is_system_admin`.
        session_id, auth_time: of the sign-in, where there is one.
    """
    return Principal(
        kind="user",
        user_id=user["id"],
        session_id=session_id,
        username=user["username"],
        email=user["email"],
        is_system_admin=user["is_system_admin"],
        auth_time=auth_time,
    )


def system_roles(user: Row) -> list[str]:
    """Roles in the installation, as the seed's token shows them; workspace roles are looked up instead.

    An account that is not active has none (modules.md 1.1, `POST /auth/register`).
    """
    if user["status"] != "active":
        return []
    return ["user", "admin"] if user["is_system_admin"] else ["user"]


def alive(row: Row, now: datetime) -> bool:
    """Whether a session may go on.

    Arguments:
        row: `expires_at`, `revoked_at` and `session_epoch` of the session, `status` and `token_epoch` of its
            user.
    """
    return (
        row["revoked_at"] is None
        and row["expires_at"] > now
        and row["status"] == "active"
        and row["session_epoch"] == row["token_epoch"]
    )
