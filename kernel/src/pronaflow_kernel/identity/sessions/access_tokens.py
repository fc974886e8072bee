"""Access tokens: 30-minute JWTs (HS256) whose session is looked up at each request.

Claims as the first seed prints them (sub, email, username, roles, iat, exp), those of RFC 9068 (iss, aud,
jti), nbf and `sid`, the session. `roles` tells clients what to show and decides nothing. The session query
makes logout, disabling, password changes and roles count at once (architecture.md 7.12).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
from flask import Request
from sqlalchemy import bindparam, select

from ...access.principal import Principal
from ...clock import Clock
from ...errors import InvalidRequest, Unauthorized
from ...ids import as_id, new_id
from ...persistence.types import Id
from ...persistence.uow import Reader, Row
from ...secrets import Key
from ..models import Session, User

_SESSION = (
    select(
        Session.id.label("session_id"),
        Session.auth_time,
        Session.last_seen_at,
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
ALGORITHM = "HS256"
"""The only algorithm, whatever a token says of itself."""
TYPE = "JWT"
"""`typ` as the first seed prints it. Key and `aud`, which are for access tokens alone, keep other JWTs apart
(RFC 8725, 3.12)."""
LEEWAY = 30
"""Seconds by which the clock of the server that issued a token may be ahead of ours. A token does not live
longer for it: its end is exact."""
LONGEST = 8192
"""Characters of the longest token that is looked at; ours have about 700, with the longest names 6,000."""

_HEADER = {"alg", "kid", "typ"}
_CLAIMS = ("sub", "sid", "jti", "iss", "aud", "iat", "nbf", "exp")
_TIMES = ("iat", "nbf", "exp")
_REMEMBERED = 4096
"""How many verified tokens are remembered; one takes about a kilobyte."""
# PyJWT would ask the machine's clock for the times; they are compared here, by ours.
_JWT = jwt.PyJWT(
    {
        "require": list(_CLAIMS),
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "strict_aud": True,
        "enforce_minimum_key_length": True,
    }
)

Seen = Callable[[str, datetime], None]
"""Told the id of a session that is used, and when that was last noted."""


def _no_other(reader: Reader, credential: str) -> Principal | None:
    return None


def _unnoted(session_id: str, last_seen_at: datetime) -> None:
    return


class AccessTokens:
    """Issues and accepts access tokens.

    Arguments:
        keys: the first signs, all are accepted.
        ttl: life in seconds.
        public_url: where users reach the server: the issuer, with `/api` behind it the audience. Tokens of a
            copy under another address, or from before a move, are refused; refresh tokens outlive it.
        clock: tells the present.
        others: signs in with a credential that is no access token; answers None for one it does not know.
        seen: notes that a session is used.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        ttl: int,
        public_url: str,
        clock: Clock,
        others: Callable[[Reader, str], Principal | None] = _no_other,
        seen: Seen = _unnoted,
    ) -> None:
        self._active = keys[0]
        self._keys = {key.kid: key.secret for key in keys}
        self.ttl = ttl
        self._issuer = public_url.rstrip("/")
        self._audience = f"{self._issuer}/api"
        self._clock = clock
        self._others = others
        self._seen = seen
        self._verified: dict[str, dict[str, Any]] = {}

    def issue(self, user: Row, session_id: str) -> str:
        """A token for a user's session."""
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user["id"],
            "sid": session_id,
            "jti": new_id(),
            "email": user["email"],
            "username": user["username"],
            "roles": system_roles(user),
            "iat": now,
            "nbf": now,
            "exp": now + self.ttl,
        }
        header = {"typ": TYPE, "kid": self._active.kid}
        return _JWT.encode(claims, self._active.secret, algorithm=ALGORITHM, headers=header)

    def authenticate(self, reader: Reader, request: Request) -> Principal:
        """Who sends a request; anonymous without an `Authorization` header.

        Raises:
            InvalidRequest: two `Authorization` headers.
            Unauthorized: the token is no good, or its session has ended.
        """
        header = request.headers.get("Authorization")
        return Principal.anonymous() if header is None else self.of_header(reader, header)

    def of_header(self, reader: Reader, header: str) -> Principal:
        """Who sends a request with this `Authorization` header.

        Raises:
            InvalidRequest, Unauthorized: as for `authenticate`.
        """
        if "," in header:  # WSGI joins repeated headers with a comma, which no token holds
            raise InvalidRequest("Send one Authorization header")
        kind, _, token = header.partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise Unauthorized("Send `Authorization: Bearer <token>`")
        if len(token) > LONGEST:
            raise Unauthorized
        try:
            claims = self._claims(token)
        except Unauthorized:
            principal = self._others(reader, token)
            if principal is None:
                raise
            return principal
        until = datetime.fromtimestamp(claims["exp"], UTC)
        return self.of_session(reader, claims["sub"], claims["sid"], until)

    def of_session(self, reader: Reader, user_id: str, session_id: str, until: datetime) -> Principal:
        """The user of a session that goes on.

        Arguments:
            until: when the access token ends that the session was entered by.

        Raises:
            Unauthorized: the session or the token has ended.
        """
        row, now = reader.one(_SESSION, sid=session_id), self._clock.now()
        if row is None or row["id"] != user_id or not alive(row, now):
            raise Unauthorized("The session has ended: sign in again")
        if until <= now:
            raise Unauthorized("The token has expired")
        self._seen(row["session_id"], row["last_seen_at"])
        principal = principal_of(row, row["session_id"], row["auth_time"])
        return replace(principal, expires_at=until)

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
        if claims["exp"] <= self._clock.now().timestamp():
            raise Unauthorized("The token has expired")
        return claims

    def _verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that is ours in every point; what it says of itself chooses only the key."""
        try:
            header = jwt.get_unverified_header(token)
            if header.keys() != _HEADER or header["typ"] != TYPE or header["kid"] not in self._keys:
                raise Unauthorized
            claims: dict[str, Any] = _JWT.decode(
                token,
                self._keys[header["kid"]],
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
            )
        except jwt.InvalidTokenError as error:
            raise Unauthorized from error
        self._check(claims)
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        """What PyJWT takes more generously than we write it."""
        begun = self._clock.now().timestamp() + LEEWAY
        if any(type(claims[name]) is not int for name in _TIMES):
            raise Unauthorized
        if claims["iat"] > begun or claims["nbf"] > begun:
            raise Unauthorized("The token is not valid yet: compare the servers' clocks")
        if as_id(claims["sid"]) != claims["sid"]:
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
