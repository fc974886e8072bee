"""Speaks to providers, through the client for outgoing requests and inside its rules (security.md 2.16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pronaflow_kernel.api import Context, EgressError, HttpReply, IdTokenRefused, Options, id_token_claims

from .apps import OAuthApp

SECONDS = 10.0
"""Longest wait for one answer."""

MOST_TOKEN = 8000
_LONGEST = 255
_REFUSALS = frozenset(
    {
        "access_denied",
        "invalid_grant",
        # GitHub and Slack have words of their own.
        "bad_refresh_token",
        "bad_verification_code",
        "code_already_used",
        "invalid_code",
        "invalid_refresh_token",
        "token_expired",
        "token_revoked",
    }
)


class Message(NamedTuple):
    """A request to a provider."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


class ProviderRefuses(Exception):
    """The provider does not take what it was sent; the word is its own."""


class ProviderAway(Exception):
    """The provider does not answer, or as no provider should; the words are for the operator's log."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave.

    Arguments:
        access: acts for somebody; refresh: gets the next ones, where there is one.
        expires_at: when `access` ends, where it does.
        answer: all that was answered.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime | None
    answer: Mapping[str, Any] = field(repr=False)


class ProviderClient:
    """Asks providers on behalf of this server.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def authorize_url(
        self, app: OAuthApp, *, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Where a browser is sent to let somebody agree."""
        from .messages import authorize_url

        parameters = {"redirect_uri": redirect_uri, "state": state}
        if app.issuer is not None:
            parameters["nonce"] = nonce
        return authorize_url(app, verifier, parameters)

    def redeem(self, app: OAuthApp, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """The tokens for a code.

        Raises:
            ProviderRefuses, ProviderAway: there are none.
        """
        values = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        return self._tokens(app, "authorization_code", values)

    def renew(self, app: OAuthApp, refresh_token: str) -> Tokens:
        """The next tokens for a refresh token.

        Raises:
            ProviderRefuses, ProviderAway: there are none.
        """
        return self._tokens(app, "refresh_token", {"refresh_token": refresh_token})

    def account(self, app: OAuthApp, tokens: Tokens, nonce: str) -> str:
        """The name of the account that tokens are for.

        Raises:
            ProviderRefuses: the ID token is not of this flow; ProviderAway: there is no name.
        """
        told: Any = tokens.answer
        if app.account_url is not None:
            headers = {"Authorization": f"Bearer {tokens.access}", "Accept": "application/json"}
            told = self._document(Message("GET", app.account_url, headers))
        elif app.issuer is not None:
            told = self._claims(app, tokens, nonce)
        for name in app.account.split("."):
            told = told.get(name) if isinstance(told, Mapping) else None
        if not isinstance(told, str | int) or isinstance(told, bool) or not 0 < len(str(told)) <= _LONGEST:
            raise ProviderAway(f"{app.provider_name} names no account at {app.account!r}")
        return str(told)

    def revoke(self, app: OAuthApp, token: str) -> None:
        """Tell the provider that a token is not needed any more.

        Raises:
            ProviderAway: it cannot be told now.
        """
        from .messages import revocation_request

        if app.revocation is None:
            return
        reply = self._send(revocation_request(app, app.revocation, token))
        # A token that is not known has ended already.
        if reply.status >= 500 or reply.status == 429:
            raise ProviderAway(f"{app.revocation.url} answers {reply.status}")

    def _claims(self, app: OAuthApp, tokens: Tokens, nonce: str) -> dict[str, Any]:
        token = tokens.answer.get("id_token")
        if not isinstance(token, str) or app.keys_url is None:
            raise ProviderAway(f"{app.provider_name} gives no ID token")
        keys = self._document(Message("GET", app.keys_url, {"Accept": "application/json"}))
        try:
            return id_token_claims(
                token,
                keys,
                issuer=app.issuer or "",
                client_id=app.client_id or "",
                nonce=nonce,
                access_token=tokens.access,
                now=self._ctx.clock.now(),
            )
        except IdTokenRefused as error:
            raise ProviderRefuses(f"id_token: {error}") from error

    def _tokens(self, app: OAuthApp, grant: str, values: dict[str, str]) -> Tokens:
        from .messages import token_request

        reply = self._send(token_request(app, grant, values))
        try:
            answer = reply.json() if reply.status < 500 else None
        except EgressError:
            answer = None
        if not isinstance(answer, dict):
            raise ProviderAway(f"{app.token_url} answers {reply.status} and no tokens")
        error = answer.get("error")
        if error in _REFUSALS:
            raise ProviderRefuses(str(error))
        access, refresh = _token(answer.get("access_token")), _token(answer.get("refresh_token"))
        if reply.status >= 300 or error is not None or access is None:
            raise ProviderAway(f"{app.token_url} answers {reply.status}, {error!r:.100}")
        return Tokens(access, refresh, self._end(answer.get("expires_in")), answer)

    def _end(self, seconds: Any) -> datetime | None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
            return None
        try:
            return self._ctx.clock.now() + timedelta(seconds=float(seconds))
        except (ValueError, OverflowError):
            return None

    def _document(self, message: Message) -> Any:
        reply = self._send(message)
        if reply.status != 200:
            raise ProviderAway(f"{message.url} answers {reply.status}")
        try:
            return reply.json()
        except EgressError as error:
            raise ProviderAway(f"{message.url}: {error}") from error

    def _send(self, message: Message) -> HttpReply:
        options: Options = {"headers": message.headers, "timeout": SECONDS}
        if message.body:
            options["body"] = message.body
        try:
            return self._ctx.http.request(message.method, message.url, **options)
        except EgressError as error:
            raise ProviderAway(f"{message.url}: {error}") from error


def _token(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MOST_TOKEN else None
